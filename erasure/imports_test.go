package erasure_test

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const project = "github.com/yuno-community/yuno-customers/"

// layer states what the production code of one package may import, besides the
// standard library and internal/wire: packages of this project, and the prefixes of
// packages of other modules. Commands may import everything but test helpers, and
// no package imports them.
type layer struct{ own, other []string }

var layers = map[string]layer{
	"erasure":                      {own: []string{"api", "server", "internal/strictjson"}},
	"erasure/seal":                 {own: []string{"erasure/internal/ownfile"}},
	"erasure/sqlstore":             {own: []string{"erasure", "erasure/seal", "erasure/internal/ownfile"}, other: []string{pgx, sqlite, goose, river}},
	"erasure/jobs":                 {own: []string{"erasure"}, other: []string{pgx, river}},
	"erasure/ops":                  {own: []string{"erasure", "erasure/sqlstore", "internal/clientnet"}, other: []string{rate, uuids}},
	"erasure/provider":             {own: []string{"erasure", "internal/strictjson", "erasure/internal/ownfile"}, other: []string{yaml, rate, oauth2}},
	"erasure/erasurelog":           {own: []string{"erasure", "erasure/internal/ownfile"}},
	"erasure/bulk":                 {own: []string{"internal/strictjson", "erasure/internal/idlist", "erasure/internal/journalfile", "erasure/internal/ownfile"}, other: []string{flock, rate}},
	"erasure/internal/idlist":      {own: []string{"internal/textfile"}, other: []string{encodings}},
	"erasure/internal/survey":      {own: []string{"erasure/bulk", "erasure/internal/journalfile", "erasure/internal/ownfile", "internal/strictjson"}, other: []string{flock}},
	"erasure/internal/journalfile": {other: []string{flock}},
	"erasure/internal/ownfile":     {other: []string{flock}},

	// For tests and demonstrations.
	"erasure/provider/providersim": {},
	"erasure/crashtest":            {},
	"erasure/internal/await":       {},
	"erasure/internal/engines":     {own: []string{"erasure/internal/pgtest", "erasure/seal", "erasure/sqlstore"}},
	"erasure/internal/golden":      {},
	"erasure/internal/ownfolder":   {},
	"erasure/internal/pgtest":      {own: []string{"erasure/internal/await"}, other: []string{pgx}},
	"erasure/internal/testbinary":  {own: []string{"erasure/internal/await"}, other: []string{flock}},
	clitest:                        {own: []string{"*", "erasure/internal/await", "erasure/internal/testbinary"}},
}

// forCommands are the internal packages that are not for tests only.
var forCommands = []string{"erasure/internal/idlist", "erasure/internal/ownfile", "erasure/internal/survey"}

const (
	clitest = "erasure/cmd/yuno-erasure/internal/clitest"

	pgx    = "github.com/jackc/pgx/v5"
	sqlite = "modernc.org/sqlite"
	goose  = "github.com/pressly/goose/v3"
	river  = "github.com/riverqueue/river"
	yaml   = "go.yaml.in/yaml/v3"
	rate   = "golang.org/x/time/rate"
	oauth2 = "golang.org/x/oauth2"
	flock  = "github.com/gofrs/flock"
	uuids  = "github.com/google/uuid"

	encodings = "golang.org/x/text/"
)

func TestLayers(t *testing.T) {
	t.Parallel()
	for pkg, imports := range importsOf(t, "./...") {
		name := strings.TrimPrefix(pkg, project)
		rule, ok := layers[name]
		if command := strings.HasPrefix(name, "erasure/cmd/"); !ok && !command {
			t.Errorf("package %s has no layer: add one", name)
		} else if !ok {
			rule = layer{own: []string{"*"}, other: []string{""}}
		}
		for _, path := range imports {
			if !rule.allows(path) {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}

func (l layer) allows(path string) bool {
	own, isOwn := strings.CutPrefix(path, project)
	first, _, _ := strings.Cut(path, "/")
	switch {
	case own == "internal/wire" || slices.Contains(l.own, own):
		return true
	case isOwn:
		return slices.Contains(l.own, "*") && (!strings.HasPrefix(own, "erasure/internal/") || slices.Contains(forCommands, own)) && own != clitest
	case !strings.Contains(first, "."): // the standard library
		return true
	}
	return slices.ContainsFunc(l.other, func(prefix string) bool { return strings.HasPrefix(path, prefix) })
}

// importsOf returns what the production code of packages imports, by package.
func importsOf(t *testing.T, pattern string) map[string][]string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, pattern)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	imports := map[string][]string{}
	for line := range strings.Lines(string(output)) {
		fields := strings.Fields(line)
		imports[fields[0]] = fields[1:]
	}
	return imports
}
