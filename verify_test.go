package yunocustomers_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/yuno-community/yuno-customers/internal/testprogram"
)

func TestVerify(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the generator and go mod tidy many times")
	}
	t.Parallel()

	// One run reports a fault of every kind.
	t.Run("ReportsEveryFault", func(t *testing.T) {
		t.Parallel()
		root := copyCheckout(t)
		before := digests(t, root)
		if output, err := script(t, root, "scripts/verify.sh"); err != nil {
			t.Fatalf("verify fails on an unchanged copy: %v\n%s", err, output)
		}
		faults := []struct{ path, content, want string }{
			{"api/types.gen.go", "package api\n", "stale: api/types.gen.go (run make generate)"},
			{"api/left-over.gen.go", "package api\n", "stale: api/left-over.gen.go (run make generate)"}, // not tracked
			{"erasure/left-over.gen.go", "package erasure\n", "stale: erasure/left-over.gen.go (run make generate)"},
			{"openapi/overlaid/customers.json", "{}\n", "stale: openapi/overlaid/customers.json (run make generate)"},
			{"openapi/customers/delete-customer.json", string(readFile(t, filepath.Join(root, "openapi/customers/delete-customer.json"))) + " ",
				"openapi/customers/delete-customer.json does not have the sha256 in openapi/SOURCE.json"},
			{"internal/testdata/consumer/go.mod", string(readFile(t, filepath.Join(root, "internal/testdata/consumer/go.mod"))) + "\nrequire github.com/alecthomas/kong v1.17.0\n",
				"stale: internal/testdata/consumer/go.mod"},
			{"erasure/NOTICE", "old\n", "stale: erasure/NOTICE (run make notice)"},
			{"erasure/LICENSE", "none\n", "erasure/LICENSE is not a copy of LICENSE"},
			{"openapi/untracked.go", "package openapi\nvar  x = 1\n", "not formatted: openapi/untracked.go"},
			{"openapi/testdata/unreadable.go", "package\n", "gofmt fails: openapi/testdata/unreadable.go:1:"},
		}
		for _, fault := range faults {
			write(t, root, fault.path, fault.content)
			before[fault.path] = fmt.Sprintf("%x", sha256.Sum256([]byte(fault.content)))
		}
		output, err := script(t, root, "scripts/verify.sh")
		if err == nil {
			t.Error("verify passes")
		}
		for _, fault := range faults {
			if !strings.Contains(output, fault.want) {
				t.Errorf("the output lacks %q", fault.want)
			}
		}
		if t.Failed() {
			t.Log(output)
		}
		expectUnchanged(t, root, before)
	})

	t.Run("MissingFiles", func(t *testing.T) {
		t.Parallel()
		root := copyCheckout(t)
		for _, path := range []string{"openapi/SOURCE.json", "api/client.gen.go"} {
			if err := os.Remove(filepath.Join(root, path)); err != nil {
				t.Fatal(err)
			}
		}
		output, err := script(t, root, "scripts/verify.sh")
		if err == nil || !strings.Contains(output, "openapi/SOURCE.json is missing") || !strings.Contains(output, "stale: api/client.gen.go") {
			t.Errorf("%v\n%s", err, output)
		}
	})

	// A failing generator hides no other fault.
	t.Run("FailingGenerator", func(t *testing.T) {
		t.Parallel()
		root := copyCheckout(t)
		write(t, root, "openapi/codegen/types.yaml", "nonsense: true\n")
		from, to := filepath.Join(root, "openapi/customers/delete-customer.json"), filepath.Join(root, "openapi/customers/renamed.json")
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
		output, err := script(t, root, "scripts/verify.sh")
		for _, want := range []string{
			"field nonsense not found",
			"openapi/customers/delete-customer.json is missing, but openapi/SOURCE.json lists it",
			"openapi/customers/renamed.json is not listed in openapi/SOURCE.json",
		} {
			if err == nil || !strings.Contains(output, want) {
				t.Errorf("%v\n%s", err, output)
			}
		}
	})

	// Without git the list of files would be empty and verify would pass.
	t.Run("OutsideARepository", func(t *testing.T) {
		t.Parallel()
		root := copyCheckout(t)
		if err := os.RemoveAll(filepath.Join(root, ".git")); err != nil {
			t.Fatal(err)
		}
		for _, command := range [][]string{{"scripts/verify.sh"}, {"scripts/generate.sh"}, {"make", "test"}} {
			if output, err := script(t, root, command...); err == nil || !strings.Contains(output, "not a git repository") {
				t.Errorf("%s: %v\n%s", command, err, output)
			}
		}
	})
}

func TestGenerate(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the generator")
	}
	t.Parallel()

	t.Run("FromScratch", func(t *testing.T) {
		t.Parallel()
		root := copyCheckout(t)
		want := digests(t, root)
		write(t, root, "api/left-over.gen.go", "package api\n")
		write(t, root, "api/types.gen.go", "not Go")
		for _, path := range []string{"api/client.gen.go", "openapi/overlaid"} {
			if err := os.RemoveAll(filepath.Join(root, path)); err != nil {
				t.Fatal(err)
			}
		}
		if output, err := script(t, root, "env", "-u", "GENERATORS", "make", "generate"); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		if _, err := os.Stat(filepath.Join(root, "bin/overlay")); err != nil {
			t.Error("the generators were not built in this copy")
		}
		expectUnchanged(t, root, want)
	})

	t.Run("ChangesNothingIfAStepFails", func(t *testing.T) {
		t.Parallel()
		root := copyCheckout(t)
		write(t, root, "openapi/codegen/server.yaml", "nonsense: true\n") // the last step fails
		write(t, root, "api/left-over.gen.go", "package api\n")
		before := digests(t, root)
		if output, err := script(t, root, "make", "generate"); err == nil {
			t.Errorf("it succeeds:\n%s", output)
		}
		expectUnchanged(t, root, before)
	})

	t.Run("GoGenerate", func(t *testing.T) {
		t.Parallel()
		root := copyCheckout(t)
		want := digests(t, root)
		for _, path := range []string{"api", "openapi/overlaid"} {
			if err := os.RemoveAll(filepath.Join(root, path)); err != nil {
				t.Fatal(err)
			}
		}
		// First the root package alone: the others import package api, which is missing.
		if output, err := script(t, root, "go", "generate", "."); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		if output, err := script(t, root, "go", "generate", "./..."); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		expectUnchanged(t, root, want)
	})

	t.Run("UnknownArgument", func(t *testing.T) {
		t.Parallel()
		for _, name := range []string{"generate.sh", "codegen.sh"} {
			if output, err := script(t, ".", "scripts/"+name, "--chek"); err == nil || !strings.Contains(output, "usage: scripts/"+name) {
				t.Errorf("%v\n%s", err, output)
			}
		}
	})
}

func TestMakefile(t *testing.T) {
	t.Parallel()
	checkout := func(t *testing.T, files map[string]string) string {
		t.Helper()
		root := t.TempDir()
		write(t, root, "Makefile", string(readFile(t, "Makefile")))
		for path, content := range files {
			write(t, root, path, content)
		}
		if output, err := script(t, root, "git", "init", "-q"); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		return root
	}

	// Without -e, as in make 3.81, which ignores .SHELLFLAGS.
	t.Run("StopsAtTheFirstFailingModule", func(t *testing.T) {
		t.Parallel()
		root := checkout(t, map[string]string{
			"a/go.mod": "module a\n", "a/a.go": "package a\n\nvar x int = \"\"\n",
			"b/go.mod": "module b\n", "b/b.go": "package b\n",
		})
		output, err := script(t, root, "make", ".SHELLFLAGS=-c", "lint")
		if err == nil || !strings.Contains(output, "== a: go vet") || strings.Contains(output, "== b") {
			t.Errorf("%v\n%s", err, output)
		}
	})

	t.Run("FailsIfTheTestsOfAModuleDo", func(t *testing.T) {
		t.Parallel()
		const right = "import \"testing\"\n\nfunc TestRight(*testing.T) {}\n"
		root := checkout(t, map[string]string{
			"scripts/in-memory.sh": string(readFile(t, "scripts/in-memory.sh")),
			"a/go.mod":             "module a\n", "a/a_test.go": "package a\n\n" + right,
			"b/go.mod": "module b\n", "b/b_test.go": "package b\n\n" + right + "\nfunc TestWrong(t *testing.T) { t.Error(\"it is wrong\") }\n",
		})
		output, err := script(t, root, "make", "test")
		for _, want := range []string{"== a: go test", "ok  \ta", "== b: go test", "it is wrong"} {
			if err == nil || !strings.Contains(output, want) {
				t.Errorf("%v: want %q in\n%s", err, want, output)
			}
		}
		if strings.Contains(output, "== memory") {
			t.Errorf("make goes on after the failure:\n%s", output)
		}
	})

	t.Run("PassesArgumentsUnchanged", func(t *testing.T) {
		t.Parallel()
		root := checkout(t, map[string]string{
			"tools/specupdate/go.mod":  "module update\n",
			"tools/specupdate/main.go": "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nfunc main() { fmt.Printf(\"%q\\n\", os.Args[1:]) }\n",
		})
		if err := os.Mkdir(filepath.Join(root, "bin"), 0o755); err != nil {
			t.Fatal(err)
		}
		const evil = `a' "b"; touch pwned; \x #`
		output, err := script(t, root, "make", "spec-update", "FROM="+evil, "DATE="+evil, "OPERATION="+evil, "PAGE="+evil)
		if want := fmt.Sprintf("%q", []string{"update", "--date=" + evil, "--operation=" + evil, "--page=" + evil, "--", evil}); err != nil || !strings.Contains(output, want) {
			t.Errorf("%v\ngot  %s\nwant %s", err, output, want)
		}
		output, err = script(t, root, "make", "spec-update", "FROM=-a", "DATE=b")
		if want := fmt.Sprintf("%q", []string{"update", "--date=b", "--", "-a"}); err != nil || !strings.Contains(output, want) {
			t.Errorf("%v\ngot  %s\nwant %s", err, output, want)
		}
		output, err = script(t, root, "make", "spec-diff", "FROM="+evil, "FORMAT="+evil, "OPERATION="+evil)
		if want := fmt.Sprintf("%q", []string{"diff", "--format=" + evil, "--operation=" + evil, "--", evil}); err != nil || !strings.Contains(output, want) {
			t.Errorf("%v\ngot  %s\nwant %s", err, output, want)
		}
		output, err = script(t, root, "make", "spec-diff", "FROM=a")
		if want := `["diff" "--format=text" "--" "a"]`; err != nil || !strings.Contains(output, want) {
			t.Errorf("%v\ngot  %s\nwant %s", err, output, want)
		}
		if _, err := os.Stat(filepath.Join(root, "pwned")); err == nil {
			t.Error("the shell ran an argument")
		}
	})

	// A tag may come from somebody else's repository, and git permits most characters in it.
	t.Run("BuildsWithAnyTag", func(t *testing.T) {
		t.Parallel()
		root := checkout(t, map[string]string{
			".gitignore": "bin\n", "erasure/go.mod": "module github.com/yuno-community/yuno-customers/erasure\n",
			"erasure/cmd/yuno-erasure/internal/cli/version.go": "package cli\n\nvar linkedVersion string\n\nfunc Print() { print(linkedVersion) }\n",
			"erasure/cmd/yuno-erasure/main.go":                 "package main\n\nimport \"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/cli\"\n\nfunc main() { cli.Print() }\n",
		})
		const tag = `v0.1.0';touch${IFS}pwned;"$(touch${IFS}pwned)"`
		for _, command := range [][]string{
			{"git", "add", "."}, {"git", "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "Begin"}, {"git", "tag", tag}, {"make", "build"},
		} {
			if output, err := script(t, root, command...); err != nil {
				t.Fatalf("%q: %v\n%s", command, err, output)
			}
		}
		if output, err := script(t, root, "bin/yuno-erasure"); err != nil || output != tag {
			t.Errorf("%v: the version is %q, want %q", err, output, tag)
		}
		if _, err := os.Stat(filepath.Join(root, "erasure", "pwned")); err == nil {
			t.Error("the shell ran the tag")
		}
	})

	t.Run("MissingArguments", func(t *testing.T) {
		t.Parallel()
		root := checkout(t, map[string]string{"tools/specupdate/go.mod": "module update\n", "tools/specupdate/main.go": "package main\n\nfunc main() {}\n"})
		for args, want := range map[string]string{"spec-diff": "FROM= is missing", "spec-update": "FROM= is missing", "spec-update FROM=a": "DATE= is missing"} {
			if output, err := script(t, root, append([]string{"make"}, strings.Fields(args)...)...); err == nil || !strings.Contains(output, want) {
				t.Errorf("make %s: %v\n%s", args, err, output)
			}
		}
	})
}

// generators builds the generators once, and returns their folder.
var generators = sync.OnceValues(func() (string, error) {
	if output, err := exec.Command("scripts/codegen.sh", "--tools").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, output)
	}
	return filepath.Abs("bin")
})

// script runs a command in root and returns its output. The command does not build
// the generators again.
func script(t *testing.T, root string, command ...string) (string, error) {
	t.Helper()
	tools, err := generators()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Dir = root
	// The test itself may run under make; its variables must not reach the command.
	cmd.Env = append(os.Environ(), "MAKEFLAGS=", "MAKELEVEL=", "GOWORK=off", "FROM=", "OPERATION=", "DATE=", "PAGE=", "FORMAT=", "GENERATORS="+tools)
	output, err := cmd.CombinedOutput()
	return string(output), err
}

// write writes a file and its folders. Scripts can be run.
func write(t *testing.T, root, path, content string) {
	t.Helper()
	path = filepath.Join(root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(content, "#!") {
		testprogram.Write(t, path, content)
		return
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func expectUnchanged(t *testing.T, root string, want map[string]string) {
	t.Helper()
	got := digests(t, root)
	for path, digest := range got {
		if want[path] != digest {
			t.Errorf("%s was written", path)
		}
	}
	for path := range want {
		if got[path] == "" {
			t.Errorf("%s was deleted", path)
		}
	}
}

// copyCheckout copies all files except ignored ones into a new repository.
func copyCheckout(t *testing.T) string {
	t.Helper()
	list, err := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "-co", "--exclude-standard").Output()
	if err != nil {
		t.Skipf("not in a git checkout: %v", err)
	}
	root := t.TempDir()
	for _, path := range strings.Split(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		if _, err := os.Stat(path); err != nil {
			continue // deleted, not committed yet
		}
		write(t, root, path, string(readFile(t, path)))
	}
	// The files are added by name only: nothing compares their content with the index.
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A", "-N"}} {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir = root
		if output, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, output)
		}
	}
	return root
}

// digests returns the digest of each file except git's and ignored ones.
func digests(t *testing.T, root string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.Name() == ".git" || entry.Name() == "bin" { // git ignores bin
			return fs.SkipDir
		}
		if !entry.IsDir() {
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			out[rel] = fmt.Sprintf("%x", sha256.Sum256(readFile(t, path)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
