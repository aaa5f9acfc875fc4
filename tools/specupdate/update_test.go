package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestUpdate(t *testing.T) {
	t.Parallel()

	t.Run("SamePageChangesOnlyTheDay", func(t *testing.T) {
		t.Parallel()
		root := checkout(t)
		before := snapshot(t, root)
		code, stdout, stderr := update(t, root, mutate(t, nil), "--date", "2026-09-01")
		if code != exitOK || !strings.Contains(stdout, "Nothing changed.") {
			t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
		}
		if got := changed(before, snapshot(t, root)); len(got) != 1 || got[0] != "/"+recordPath {
			t.Errorf("changed %q, want %s only", got, recordPath)
		}
	})

	t.Run("BreakingIsAppliedAndSaysSo", func(t *testing.T) {
		t.Parallel()
		root := checkout(t)
		leftOver := filepath.Join(root, "api/left-over.gen.go")
		if err := os.WriteFile(leftOver, []byte("package api\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		page := mutate(t, []edit{{"'202'", "'204'"}, {"title: payment-api-create-payment-back-to-back", "title: customer-api"}, {"version: 1.0.2", "version: 1.0.3"}})
		code, stdout, stderr := update(t, root, page, "--date", "2026-09-01", "--page", "https://example.com/page")
		if code != exitBreaking {
			t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
		}
		if !strings.Contains(stdout, "Breaks client users") {
			t.Errorf("stdout %q", stdout)
		}
		for _, want := range []string{"applied", "run make test", "CHANGELOG.md"} { // what to do next
			if !strings.Contains(stderr, want) {
				t.Errorf("stderr %q, want %q in it", stderr, want)
			}
		}
		if !strings.Contains(read(t, root, vendoredPath), `"204"`) {
			t.Error("the vendored file was not written")
		}
		if got := read(t, root, "api/server.gen.go"); !strings.Contains(got, "DeleteCustomer204Response") || strings.Contains(got, "DeleteCustomer202Response") {
			t.Error("the server was not generated")
		}
		if !strings.Contains(read(t, root, "openapi/overlaid/customers.strict.json"), `"204"`) {
			t.Error("the overlaid document was not generated")
		}
		if _, err := os.Stat(leftOver); err == nil {
			t.Error("a file that is no longer generated was left")
		}
		records, _, err := readRecords(root)
		if err != nil {
			t.Fatal(err)
		}
		want := record{
			File: "customers/delete-customer.json", Origin: "Yuno",
			Page: "https://example.com/page", PageTitle: "Delete Customer",
			Title: "customer-api", Version: "1.0.3", OpenAPI: "3.1.0",
			SHA256: digest([]byte(read(t, root, vendoredPath))), Retrieved: "2026-09-01",
		}
		if got := records[0]; got != want {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	})
}

// A refusal changes no file, and reports in one line what is wrong and where.
func TestRefusals(t *testing.T) {
	t.Parallel()
	page := read(t, pinnedFiles, "page.md")
	block := page[strings.Index(page, "````yaml"):]
	vendored := read(t, pinnedFiles, vendoredPath)
	large := bytes.Repeat([]byte("# filler\n"), 20<<20/9)

	cases := []struct {
		name, file, content string
		args                []string // instead of a date
		want                string
	}{
		{name: "NoBlock", file: "page.md", content: "# Delete Customer\n\nNothing here.\n", want: "no fenced block with an OpenAPI document"},
		{name: "OtherBlocksOnly", file: "page.md", content: "```sh\ncurl openapi\n```\n", want: "no fenced block with an OpenAPI document"},
		{name: "TwoBlocks", file: "page.md", content: page + "\n\n" + block, want: "2 OpenAPI documents in this page, the first two at lines 13 and 86: want one"},
		{name: "BlockNeverClosed", file: "page.md", content: strings.TrimRight(page, "`\n "), want: "page.md: line 12: the block is never closed; the page seems to be cut short"},
		{name: "BrokenYAML", file: "page.md", content: strings.Replace(page, "  version: 1.0.2", "  version: : 1.0.2", 1), want: "line 16: mapping values are not allowed"},
		{name: "BrokenJSON", file: "spec.json", content: strings.Replace(vendored, `"title":`, `"title"`, 1), want: "line 4: invalid character"},
		{name: "CutJSON", file: "spec.json", content: vendored[:len(vendored)/2], want: "line 56: the document ends too early"},
		{name: "TwoJSONDocuments", file: "spec.json", content: vendored + vendored, want: "unexpected content after the document"},
		{name: "TwoYAMLDocuments", file: "spec.yaml", content: vendored + "---\n" + vendored, want: "more than one YAML document"},
		{name: "DuplicateKey", file: "spec.json", content: strings.Replace(vendored, `"title":`, `"version": "0", "title":`, 1), want: `line 5: the key "version" is duplicated`},
		{name: "EmptyFile", file: "spec.yaml", content: "", want: "empty document"},
		{name: "NotAnObject", file: "spec.yaml", content: "- a\n", want: "not an OpenAPI document: want an object at the top"},
		{name: "NotUTF8", file: "spec.yaml", content: "openapi: \xff\n", want: "not UTF-8"},
		{name: "Swagger2", file: "spec.yaml", content: "swagger: '2.0'\n", want: `want OpenAPI 3.0 or 3.1 with all three numbers, as in "3.1.0", got openapi: ""`},
		{name: "InvalidOpenAPI", file: "page.md", content: strings.Replace(page, "        - in: path\n", "        - in: nowhere\n", 1), want: "not a valid OpenAPI document"},
		{name: "ReferenceToNothing", file: "spec.json", content: strings.Replace(vendored, `"schema": {`, `"schema": {"$ref": "#/components/schemas/Gone"}, "x-was": {`, 1), want: `line 26: $ref "#/components/schemas/Gone" points to nothing`},
		{name: "ReferenceToAFile", file: "spec.json", content: strings.Replace(vendored, `"schema": {`, `"schema": {"$ref": "other.json#/a"}, "x-was": {`, 1), want: `line 26: $ref "other.json#/a": a schema may refer to #/components/schemas/NAME only`},
		{name: "OperationGone", file: "page.md", content: strings.Replace(page, "    delete:\n      operationId: delete-customer", "    get:\n      operationId: get-customer", 1), args: []string{"--date", "2026-09-01", "--operation", "delete-customer"}, want: "the operation is gone"},
		{name: "OverlayTargetGone", file: "page.md", content: strings.Replace(page, "name: x-account-code", "name: account-code", 1), want: "openapi/overlay.yaml:"},
		{name: "OverlayAddsWhatIsThere", file: "page.md", content: strings.Replace(page, "        '400':", "        '401':\n          description: Wrong keys\n        '400':", 1), want: "openapi/overlay.yaml:"},
		{name: "StrictOverlayTargetGone", file: "page.md", content: strings.Replace(page, "                  code:\n                    type: string\n                    example: NOT_FOUND\n", "", 1), want: "openapi/overlay-strict.yaml:"},
		{name: "TooLarge", file: "spec.yaml", content: string(large), want: "larger than 4 MiB"},
		{name: "UnknownEnding", file: "spec.txt", content: vendored, want: `the ending ".txt" is not known`},
		{name: "BadDate", file: "page.md", content: page, args: []string{"--date", "1 September"}, want: `date "1 September" is not a day written YYYY-MM-DD`},
		{name: "ImpossibleDate", file: "page.md", content: page, args: []string{"--date", "2026-02-30"}, want: "is not a day"},
		{name: "NoDate", file: "page.md", content: page, args: []string{}, want: "missing flags: --date"},
	}
	root := checkout(t)
	before := snapshot(t, root)
	t.Cleanup(func() { // after all subtests
		if got := changed(before, snapshot(t, root)); len(got) > 0 {
			t.Errorf("changed %q", got)
		}
	})
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.args == nil {
				c.args = []string{"--date", "2026-09-01"}
			}
			code, stdout, stderr := update(t, root, writeTemp(t, c.file, c.content), c.args...)
			expectRefusal(t, code, stdout, stderr, c.want)
		})
	}

	t.Run("Directory", func(t *testing.T) {
		t.Parallel()
		code, stdout, stderr := update(t, root, t.TempDir(), "--date", "2026-09-01")
		expectRefusal(t, code, stdout, stderr, "is a directory, want a file")
	})
	t.Run("NoSuchFile", func(t *testing.T) {
		t.Parallel()
		code, stdout, stderr := update(t, root, "nowhere.md", "--date", "2026-09-01")
		expectRefusal(t, code, stdout, stderr, "no such file")
	})
	t.Run("Interrupted", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var stdout, stderr bytes.Buffer
		code := run(ctx, []string{"update", mutate(t, nil), "--root", root, "--date", "2026-09-01"}, &stdout, &stderr)
		expectRefusal(t, code, "", stderr.String(), "interrupted")
	})
	t.Run("FilePutBackWhenALaterOneFails", func(t *testing.T) {
		t.Parallel()
		root, stage := checkout(t), checkout(t)
		for _, path := range []string{vendoredPath, recordPath} {
			if err := os.WriteFile(filepath.Join(stage, path), []byte("new"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		// A rename cannot replace a folder by a file.
		place := filepath.Join(root, "api/types.gen.go")
		if err := os.Remove(place); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(place, "full"), 0o755); err != nil {
			t.Fatal(err)
		}
		before := snapshot(t, root)
		if err := replaceFiles(root, stage, vendoredPath); err == nil {
			t.Fatal("want an error")
		}
		if got := changed(before, snapshot(t, root)); len(got) > 0 {
			t.Errorf("not put back: %q", got)
		}
	})
}

func expectRefusal(t *testing.T, code int, stdout, stderr, want string) {
	t.Helper()
	if code != exitRefused {
		t.Errorf("exit %d, want %d", code, exitRefused)
	}
	if stdout != "" {
		t.Errorf("stdout %q, want nothing", stdout)
	}
	if strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, want) {
		t.Errorf("stderr %q, want one line with %q", stderr, want)
	}
}
