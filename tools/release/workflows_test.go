package main

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// workflow is what the tests need of a workflow of GitHub.
type workflow struct {
	Permissions map[string]string
	Jobs        map[string]struct {
		Strategy struct {
			Matrix struct{ Target []string }
		}
		Steps []struct{ Uses, Run string }
	}
}

var (
	makeCall     = regexp.MustCompile(`(?m)(?:^|&& )make ((?:[a-z-]+|\$\{\{ matrix\.target \}\})(?: [a-z-]+)*)`)
	makeTarget   = regexp.MustCompile(`(?m)^([a-z-]+):`)
	pinnedAction = regexp.MustCompile(`^[a-z-]+/[a-z/-]+@(v\d+|[0-9a-f]{40})$`)
)

// Workflows call targets that exist, or the script that calls them, and name a version of
// each action.
func TestWorkflows(t *testing.T) {
	t.Parallel()
	var targets []string
	for _, found := range makeTarget.FindAllStringSubmatch(readTree(t, "Makefile"), -1) {
		targets = append(targets, found[1])
	}
	files, err := filepath.Glob(filepath.Join("..", "..", ".github", "workflows", "*.yml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("workflows: %q, %v", files, err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		var w workflow
		decodeTree(t, ".github/workflows/"+name, &w)
		if w.Permissions["contents"] != "read" || len(w.Permissions) != 1 {
			t.Errorf("%s: permissions %v: what a job needs more belongs to the job", name, w.Permissions)
		}
		called := 0
		for job, content := range w.Jobs {
			for _, step := range content.Steps {
				if step.Uses != "" && !pinnedAction.MatchString(step.Uses) {
					t.Errorf("%s: %s: %q has no version", name, job, step.Uses)
				}
				for _, target := range calledTargets(step.Run, content.Strategy.Matrix.Target) {
					called++
					if !slices.Contains(targets, target) {
						t.Errorf("%s: %s: there is no target %s in the Makefile", name, job, target)
					}
				}
			}
		}
		if called == 0 {
			t.Errorf("%s calls no target", name)
		}
	}
}

// calledTargets returns the targets that the script of a step makes.
func calledTargets(script string, matrix []string) (targets []string) {
	for _, found := range makeCall.FindAllStringSubmatch(script, -1) {
		if strings.HasPrefix(found[1], "$") {
			targets = append(targets, matrix...)
			continue
		}
		targets = append(targets, strings.Fields(found[1])...)
	}
	return targets
}

// Dependabot looks at every module.
func TestDependabot(t *testing.T) {
	t.Parallel()
	var config struct {
		Updates []struct {
			Ecosystem   string `yaml:"package-ecosystem"`
			Directory   string
			Directories []string
		}
	}
	decodeTree(t, ".github/dependabot.yml", &config)
	var got []string
	for _, update := range config.Updates {
		if update.Ecosystem == "gomod" {
			got = append(got, update.Directories...)
		}
	}
	list, err := repository{filepath.Join("..", "..")}.git(t.Context(), "ls-files", "-co", "--exclude-standard", "--", "go.mod", "*/go.mod")
	if err != nil {
		t.Skipf("not in a git checkout: %v", err)
	}
	var want []string
	for file := range strings.FieldsSeq(list) {
		want = append(want, path.Join("/", path.Dir(file)))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The programs of a release contain files that exist.
func TestGoreleaser(t *testing.T) {
	t.Parallel()
	var config struct {
		Version  int
		Builds   []struct{ Dir, Main string }
		Archives []struct{ Files []string }
	}
	decodeTree(t, ".goreleaser.yaml", &config)
	if config.Version != 2 || len(config.Builds) != 1 || len(config.Archives) != 1 {
		t.Fatalf("got %+v", config)
	}
	files := append(config.Archives[0].Files, path.Join(config.Builds[0].Dir, config.Builds[0].Main, "main.go"))
	for _, file := range files {
		pattern := strings.ReplaceAll(file, "**/", "*/") // Glob knows no **
		if found, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(pattern))); err != nil || len(found) == 0 {
			t.Errorf("%s: %q, %v", file, found, err)
		}
	}
}

func readTree(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func decodeTree(t *testing.T, name string, value any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(readTree(t, name)), value); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}
