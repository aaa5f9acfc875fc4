package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	mit  = "Permission is hereby granted, free of\ncharge, to any person obtaining a copy of this software\r\n"
	bsd2 = "Redistribution and use in source and binary forms, with or without modification\n"
	bsd3 = bsd2 + "Neither the name of X may be used to endorse or promote products derived from this software\n"
)

func TestLicencesOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		mit:  {"MIT"},
		bsd2: {"BSD-2-Clause"},
		bsd3: {"BSD-3-Clause"},
		"Apache License\n  Version 2.0, January 2004":    {"Apache-2.0"},
		"Licensed under the Apache License, Version 2.0": {"Apache-2.0"},
		"Mozilla Public License Version 2.0":             {"MPL-2.0"},
		bsd3 + mit:                                       {"MIT", "BSD-3-Clause"},
		"All rights reserved":                            nil,
		"GNU AFFERO GENERAL PUBLIC LICENSE":              nil,
		"":                                               nil,
	} {
		if got := licencesOf(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestNotice(t *testing.T) {
	t.Parallel()
	one := write(t, map[string]string{
		"LICENSE": mit, "NOTICE": "Made by A.", "notice.go": "package one", "LICENSE-3RD-PARTY.md": "Mozilla Public License, version 2.0",
		"a/b/c.go": "package b", "a/licence.txt": bsd2, "other/COPYING": "of a package that is not linked",
	})
	modules := []module{
		{"example.com/one", "v1.0.0", one, []string{filepath.Join(one, "a", "b")}},
		{"example.com/two", "v2.0.0", write(t, map[string]string{"COPYING": strings.ReplaceAll(mit, "\r", "")}), nil},
		{sameAsGo, "v0.1.0", write(t, map[string]string{"LICENSE": bsd3}), nil},
	}
	got, err := notice("program", modules)
	want := "program links the modules below, and Go's standard library. Their licences and notices follow.\nWritten by make notice; do not edit.\n\n" +
		"example.com/one v1.0.0: BSD-2-Clause AND MIT\nexample.com/two v2.0.0: MIT\ngolang.org/x/sys v0.1.0: BSD-3-Clause\n"
	for _, e := range [][2]string{
		{"example.com/one v1.0.0: LICENSE\nexample.com/two v2.0.0: COPYING\n", strings.ReplaceAll(mit, "\r", "")},
		{"example.com/one v1.0.0: LICENSE-3RD-PARTY.md\n", "Mozilla Public License, version 2.0\n"},
		{"example.com/one v1.0.0: NOTICE\n", "Made by A.\n"},
		{"example.com/one v1.0.0: a/licence.txt\n", bsd2},
		{"golang.org/x/sys v0.1.0: LICENSE\nGo's standard library\n", bsd3},
	} {
		want += "\n" + separator + e[0] + separator + "\n" + e[1]
	}
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want)
	}
}

func TestNoticeOfModuleWithoutKnownLicence(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]map[string]string{
		"no file":          {"README": mit},
		"unknown":          {"LICENSE": "Ask me first."},
		"of third parties": {"LICENSE-3RD-PARTY": mit},
		"notice":           {"NOTICE": "Apache License, Version 2.0"},
	} {
		modules := []module{{"example.com/one", "v1.0.0", write(t, files), nil}}
		if _, err := notice("program", modules); err == nil || !strings.Contains(err.Error(), "example.com/one v1.0.0 has no licence that this command knows") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"go.mod": "module example.com/program\n\ngo 1.25\n", "cmd/program/main.go": "package main\n\nfunc main() {}\n"})
	args := []string{dir, "./cmd/program"}
	path := filepath.Join(dir, "NOTICE")
	if err := run(t.Context(), true, args); err == nil || err.Error() != "stale: "+path+" (run make notice)" {
		t.Errorf("no file: %v", err)
	}
	if err := run(t.Context(), false, args); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), true, args); err != nil {
		t.Errorf("current: %v", err)
	}
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), true, args); err == nil {
		t.Error("an old file is current")
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "old" {
		t.Errorf("a check has written: %v %q", err, text)
	}
	if err := run(t.Context(), false, []string{dir, "./cmd/other"}); err == nil || !strings.Contains(err.Error(), "listing what ./cmd/other links on linux") {
		t.Errorf("no such program: %v", err)
	}
	if err := run(t.Context(), false, nil); err == nil || !strings.Contains(err.Error(), "usage") {
		t.Errorf("no arguments: %v", err)
	}
}

// What the client links is known from its footprint.
func TestLinked(t *testing.T) {
	t.Parallel()
	modules, err := linked(t.Context(), "../..", "./client")
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, m := range modules {
		got.WriteString(m.path + " " + m.version + "\n")
		if files, err := m.legalFiles(); err != nil || len(files) == 0 {
			t.Errorf("%s: %q, %v", m.path, files, err)
		}
	}
	want, err := os.ReadFile("../../testdata/footprint/client.txt")
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("got\n%swant\n%s", &got, want)
	}
}
