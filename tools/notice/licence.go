package main

import "strings"

// licences are the ones that this command knows, by their SPDX name and words that only
// they have. Add one after reading what it asks of those who pass the program on.
var licences = []struct{ name, words string }{
	{"Apache-2.0", "apache license, version 2.0"},
	{"Apache-2.0", "apache license version 2.0, january 2004"},
	{"MIT", "permission is hereby granted, free of charge, to any person obtaining a copy"},
	{"MPL-2.0", "mozilla public license version 2.0"},
	{"MPL-2.0", "mozilla public license, version 2.0"},
	{"blessing", "all of the code and documentation in sqlite has been dedicated to the public domain"},
}

// licencesOf returns the SPDX names of the licences in a text.
func licencesOf(text string) []string {
	words := strings.Join(strings.Fields(strings.ToLower(text)), " ")
	var names []string
	for _, l := range licences {
		if strings.Contains(words, l.words) {
			names = append(names, l.name)
		}
	}
	if strings.Contains(words, "redistribution and use in source and binary forms") {
		if strings.Contains(words, "endorse or promote products derived from this software") {
			names = append(names, "BSD-3-Clause")
		} else {
			names = append(names, "BSD-2-Clause")
		}
	}
	return names
}
