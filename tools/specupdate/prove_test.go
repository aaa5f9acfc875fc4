package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestReadFailures(t *testing.T) {
	t.Parallel()
	output := "# example.com/server\nserver/a.go:1:2: undefined: y\nserver/b.go:1:2: undefined: z\n--- FAIL: TestServerConforms (0.01s)\n    proof_test.go:90: first\n    proof_test.go:90: second\n" +
		"--- FAIL: TestClientConforms (0.00s)\n    --- FAIL: TestClientConforms/x (0.00s)\n        a_test.go:1: inner\n" +
		"--- FAIL: TestOther (0.00s)\npanic: x\nFAIL\n"
	want := []failure{{"", "server/a.go:1:2: undefined: y"}, {"TestServerConforms", "first"}, {"TestClientConforms", "inner"}, {"TestOther", "TestOther fails"}}
	got := readFailures(output)
	if len(got) != len(want) {
		t.Fatalf("got %+v, want %+v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %+v, want %+v", got[i], want[i])
		}
	}
	if got := readFailures("ok  \tpkg\t0.1s\nx.go:1: no heading\n"); len(got) > 0 {
		t.Errorf("got %+v", got)
	}
}

func TestFailureSides(t *testing.T) {
	t.Parallel()
	for test, want := range map[string][2]bool{
		"TestClientConforms": {true, false}, "TestServerBasePath": {false, true}, "TestOperationIsPinned": {true, true}, "": {true, true},
	} {
		c := failure{test: test, message: "m"}.change()
		if (c.ClientUsers != "") != want[0] || (c.ServerImplementers != "") != want[1] {
			t.Errorf("%s: %+v", test, c)
		}
	}
}

// Yuno's revision of 2026 with an optional header, and with everything else that
// may be written in another place: after the update every check passes with nothing
// edited by hand, because the update also rewrites the pinned operation.
func TestUpdateIsComplete(t *testing.T) {
	t.Parallel()
	root := checkout(t)
	if err := os.RemoveAll(filepath.Join(root, "openapi/overlaid")); err != nil { // never generated yet
		t.Fatal(err)
	}
	before := snapshot(t, root)
	document := pinnedDocument(t,
		put("info > title", "customer-api"), put(atCode+" > example", "INVALID"), put("servers > +", "{url: 'https://api.eu.y.uno/v1'}"),
		put(atParameters+" > +", "{in: header, name: x-reason, schema: {type: string}}"),
		put(atParameters+" > +", "{in: query, name: reason, schema: {type: string}}"),
		put(atPath+" > parameters", "[]"), move(atID, atPath+" > parameters > +"), put(atPath+" > summary", "One customer"),
		put(atOperation+" > security", "[{sec0: [], sec1: []}]"), put(atOperation+" > servers", "[{url: 'https://api-sandbox.y.uno/v1'}, {url: 'https://api.eu.y.uno/v1'}]"),
		put(atOperation+" > externalDocs", "{url: 'https://docs.y.uno'}"), put("jsonSchemaDialect", "https://spec.openapis.org/oas/3.1/dialect/base"),
	)
	code, stdout, stderr := update(t, root, writeTemp(t, "customers.json", string(encodeJSON(document))), "--date", "2026-09-01")
	if code != exitOK {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	if read(t, root, "openapi/overlaid/customers.json") == "" {
		t.Error("the overlaid document was not generated")
	}
	if !regexp.MustCompile(`XReason +\*string `).MatchString(read(t, root, "api/types.gen.go")) {
		t.Error("the client sends an optional header that nobody set")
	}
	var pinnedOperation string
	for _, path := range changed(before, snapshot(t, root)) {
		if matched, _ := filepath.Match("/"+pinned, path); matched {
			pinnedOperation = read(t, root, path)
		}
	}
	if !strings.Contains(pinnedOperation, "header x-reason required=false\n") {
		t.Errorf("the pinned operation is %q", pinnedOperation)
	}
	var source map[string]any
	if err := json.Unmarshal([]byte(read(t, root, recordPath)), &source); err != nil {
		t.Fatal(err)
	}
}

// A contract that package contract cannot judge by is refused before anything is
// written; a disagreement of the module's packages is a breaking change.
func TestProofs(t *testing.T) {
	t.Parallel()
	t.Run("ContractDoesNotLoad", func(t *testing.T) {
		t.Parallel()
		root := checkout(t)
		mustWrite(t, filepath.Join(root, "contract/dead.go"), "package contract\n\nvar _ = wrong\n")
		before := snapshot(t, root)
		code, stdout, stderr := update(t, root, mutate(t, nil), "--date", "2026-09-01")
		expectRefusal(t, code, stdout, stderr, "package contract cannot judge by the new specification: contract/dead.go:3:9: undefined: wrong")
		if got := changed(before, snapshot(t, root)); len(got) > 0 {
			t.Errorf("changed %q", got)
		}
	})
	// The checkout itself serves as the stage: its code is that of its specification.
	t.Run("ServerUnderAnotherBasePath", func(t *testing.T) {
		t.Parallel()
		root := checkout(t)
		options := read(t, root, "server/options.go")
		moved := strings.Replace(options, `defaultBasePath = "/v1"`, `defaultBasePath = "/v9"`, 1)
		if moved == options {
			t.Fatal("package server has no default base path")
		}
		mustWrite(t, filepath.Join(root, "server/options.go"), moved)
		s := stage{dir: t.TempDir(), root: root}
		changes, err := s.prove(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := "the packages of this module: package server responds to DELETE /v1/customers/c1 with 404; without keys, want 401"
		if !slices.ContainsFunc(changes, func(c change) bool { return c.Text == want && c.ServerImplementers != "" && c.ClientUsers == "" }) {
			t.Errorf("got %+v", changes)
		}
	})
}
