package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// sameAsGo is a module with the licence of Go's standard library, word for word. The folder
// of Go itself does not have the file on every distribution.
const sameAsGo = "golang.org/x/sys"

const separator = "--------------------------------------------------------------------------------\n"

// entry is a text, with all that it belongs to.
type entry struct {
	of   []string
	text string
}

// notice returns the list of modules and their licences, and every text once.
func notice(program string, modules []module) ([]byte, error) {
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s links the modules below, and Go's standard library. Their licences and notices follow.\n", program)
	fmt.Fprintf(&out, "Written by make notice; do not edit.\n\n")
	var entries []entry
	for _, m := range modules {
		files, err := m.legalFiles()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.path, err)
		}
		var names []string
		for _, file := range files {
			content, err := os.ReadFile(filepath.Join(m.dir, file))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", m.path, err)
			}
			text := strings.TrimSpace(strings.ReplaceAll(string(content), "\r\n", "\n"))
			if isLicence(file) {
				names = append(names, licencesOf(text)...)
			}
			entries = add(entries, fmt.Sprintf("%s %s: %s", m.path, m.version, file), text)
			if m.path == sameAsGo && file == "LICENSE" {
				entries = add(entries, "Go's standard library", text)
			}
		}
		if len(names) == 0 {
			return nil, fmt.Errorf("%s %s has no licence that this command knows (%s): read it, and add it to tools/notice/licence.go or do without the module", m.path, m.version, m.dir)
		}
		slices.Sort(names)
		fmt.Fprintf(&out, "%s %s: %s\n", m.path, m.version, strings.Join(slices.Compact(names), " AND "))
	}
	for _, e := range entries {
		fmt.Fprintf(&out, "\n%s%s\n%s\n%s\n", separator, strings.Join(e.of, "\n"), separator, e.text)
	}
	return out.Bytes(), nil
}

// add adds a text, or its owner to the entry that has the same text.
func add(entries []entry, owner, text string) []entry {
	i := slices.IndexFunc(entries, func(e entry) bool { return e.text == text })
	if i < 0 {
		return append(entries, entry{[]string{owner}, text})
	}
	entries[i].of = append(entries[i].of, owner)
	return entries
}
