package cli

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const internal = "github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/"

// mayImport are the packages of the command that each of them may import, apart from
// package command. Package cli may import all.
var mayImport = map[string][]string{
	"command":    {},
	"database":   {},
	"providers":  {"database"},
	"conform":    {},
	"screen":     {},
	"tracing":    {},
	"bulkdelete": {"screen"},
	"admin":      {"database", "screen"},
	"daemon":     {"database", "providers", "tracing"},
	"demo":       {"admin", "daemon", "database"},
}

func TestImports(t *testing.T) {
	t.Parallel()
	output, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, internal+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(output)) {
		fields := strings.Fields(strings.ReplaceAll(line, internal, "./"))
		name := strings.TrimPrefix(fields[0], "./")
		allowed, ok := mayImport[name]
		switch {
		case name == "cli", name == "clitest": // clitest is for tests, which erasure's TestLayers checks
			continue
		case !ok:
			t.Errorf("package %s: add it to mayImport", name)
		}
		for _, path := range fields[1:] {
			imported, ours := strings.CutPrefix(path, "./")
			if ours && imported != "command" && !slices.Contains(allowed, imported) {
				t.Errorf("%s imports %s", name, imported)
			}
		}
	}
}
