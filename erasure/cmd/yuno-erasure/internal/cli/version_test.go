package cli

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

func TestLinkedVersion(t *testing.T) {
	linkedVersion = "v1.2.3-4-gabcdef"
	defer func() { linkedVersion = "" }()
	status, stdout, _ := run(t, "--version")
	if status != command.ExitOK || !strings.HasPrefix(stdout, "yuno-erasure v1.2.3-4-gabcdef ") {
		t.Errorf("exit status %d, %q", status, stdout)
	}
}

// The linker does not complain about a variable that does not exist.
func TestLinkedVersionIsTheOneThatBuildsSet(t *testing.T) {
	t.Parallel()
	variable := reflect.TypeFor[versionCommand]().PkgPath() + ".linkedVersion"
	set := regexp.MustCompile(`-X[ =]([^ =]+)=`)
	for _, path := range []string{"Makefile", "deploy/Containerfile", ".goreleaser.yaml"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "..", path))
		if err != nil {
			t.Fatal(err)
		}
		found := set.FindAllSubmatch(text, -1)
		if len(found) == 0 {
			t.Errorf("%s sets no version", path)
		}
		for _, match := range found {
			if got := string(match[1]); got != variable {
				t.Errorf("%s sets %s, want %s", path, got, variable)
			}
		}
	}
}
