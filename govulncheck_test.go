package yunocustomers_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A program that does as it is told stands for govulncheck: its exit status is in a file of
// the module that it looks at.
func TestGovulncheckScript(t *testing.T) {
	t.Parallel()
	const fake = "#!/bin/sh\necho \"$2 in ${PWD##*/}\"\nexit $(cat status)\n"
	for _, c := range []struct {
		name, database  string
		a, b            string // what it ends with in either module
		status          int
		want, wantNever string
	}{
		{"NothingFound", "", "0", "0", 0, "https://vuln.go.dev in b", "not checked"},
		{"Found", "", "3", "0", 3, "https://vuln.go.dev in b", "not checked"},
		{"Unreachable", "", "1", "0", 1, "govulncheck: a was not checked: is https://vuln.go.dev reachable? GOVULNDB=file:///folder", "in b"},
		{"FoundAndUnreachable", "", "3", "1", 1, "govulncheck: b was not checked", "govulncheck: a"},
		{"Copy", "file:///copy", "0", "1", 1, "is file:///copy reachable?", "vuln.go.dev"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			for path, content := range map[string]string{
				"scripts/govulncheck.sh": string(readFile(t, "scripts/govulncheck.sh")), "bin/govulncheck": fake, "a/status": c.a, "b/status": c.b,
			} {
				write(t, root, path, content)
			}
			output, status := govulncheck(t, root, c.database, "a", "b")
			if status != c.status || !strings.Contains(output, c.want) || strings.Contains(output, c.wantNever) {
				t.Errorf("exit status %d\n%s", status, output)
			}
		})
	}
}

// The real program finds the one vulnerability of a database in a folder, in a program that
// calls the function in question, and says if there is no database.
func TestGovulncheck(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-modfile=tools/vuln.mod", "-o", filepath.Join(root, "bin", "govulncheck"), "golang.org/x/vuln/cmd/govulncheck")
	build.Env = append(os.Environ(), "GOWORK=off")
	if output, err := build.CombinedOutput(); err != nil {
		t.Skipf("govulncheck cannot be built here: %v\n%s", err, output)
	}
	const main = "package main\n\nimport \"net/url\"\n\nfunc main() { _, _ = url."
	const entry = `{"schema_version": "1.3.1", "id": "GO-1999-0001", "modified": "1999-01-01T00:00:00Z", "details": "An example.",
		"database_specific": {"url": "https://example.com/GO-1999-0001"}, "affected": [{
		"package": {"name": "stdlib", "ecosystem": "Go"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}],
		"ecosystem_specific": {"imports": [{"path": "net/url", "symbols": ["ParseQuery"]}]}}]}`
	for path, content := range map[string]string{
		"bad/go.mod": "module bad\n\ngo 1.25\n", "bad/main.go": main + "ParseQuery(\"a=b\") }\n",
		"good/go.mod": "module good\n\ngo 1.25\n", "good/main.go": main + "PathUnescape(\"a\") }\n",
		"scripts/govulncheck.sh":        string(readFile(t, "scripts/govulncheck.sh")),
		"database/ID/GO-1999-0001.json": entry,
		"database/index/db.json":        `{"modified": "1999-01-01T00:00:00Z"}`,
		"database/index/modules.json":   `[{"path": "stdlib", "vulns": [{"id": "GO-1999-0001", "modified": "1999-01-01T00:00:00Z"}]}]`,
		"database/index/vulns.json":     `[{"id": "GO-1999-0001", "modified": "1999-01-01T00:00:00Z"}]`,
	} {
		write(t, root, path, content)
	}
	database := "file://" + filepath.ToSlash(filepath.Join(root, "database"))
	for _, c := range []struct {
		module, database string
		status           int
		want             string
	}{
		{"bad", database, 3, "GO-1999-0001"},
		{"good", database, 0, "== good: govulncheck"},
		{"bad", "file://" + filepath.ToSlash(filepath.Join(root, "nowhere")), 1, "bad was not checked"},
		{"bad", "http://127.0.0.1:1", 1, "bad was not checked: is http://127.0.0.1:1 reachable?"},
	} {
		if output, status := govulncheck(t, root, c.database, c.module); status != c.status || !strings.Contains(output, c.want) {
			t.Errorf("%s with %s: exit status %d\n%s", c.module, c.database, status, output)
		}
	}
}

// govulncheck runs the script in a folder and returns its output and exit status.
func govulncheck(t *testing.T, root, database string, modules ...string) (output string, status int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "scripts/govulncheck.sh", modules...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOVULNDB="+database)
	text, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}
