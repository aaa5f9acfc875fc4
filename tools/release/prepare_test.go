package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// small are the files that the command looks at, and another.
var small = []string{"go.mod", "CHANGELOG.md", "README.md", "erasure/go.mod", "erasure/go.sum"}

// prepareIn runs the command in a repository.
func prepareIn(t *testing.T, repo repository, version string) (status int, stdout, stderr string) {
	t.Helper()
	t.Chdir(repo.root)
	var out, errs bytes.Buffer
	status = run(t.Context(), []string{version}, &out, &errs)
	return status, out.String(), errs.String()
}

func TestPrepare(t *testing.T) {
	repo := newRepository(t, small...)
	branch := mustGit(t, repo, "rev-parse", "HEAD")
	status, stdout, stderr := prepareIn(t, repo, version)
	if status != 0 || !strings.Contains(stdout, "git push --atomic origin "+version+" erasure/"+version) {
		t.Fatalf("exit status %d\n%s%s", status, stdout, stderr)
	}
	if got := mustGit(t, repo, "rev-parse", version+"^{commit}"); got != branch {
		t.Errorf("%s is on %s, want the current commit %s", version, got, branch)
	}
	if got := mustGit(t, repo, "rev-parse", "erasure/"+version+"^"); got != branch {
		t.Errorf("erasure/%s is after %s, want after the current commit %s", version, got, branch)
	}
	if got := mustGit(t, repo, "diff", "--name-only", version, "erasure/"+version); got != "erasure/go.mod\nerasure/go.sum" {
		t.Errorf("the tags differ in %q", got)
	}
	goMod := mustGit(t, repo, "show", "erasure/"+version+":erasure/go.mod")
	if strings.Contains(goMod, "replace") || !strings.Contains(goMod, "\t"+rootPath+" "+version+"\n") {
		t.Errorf("erasure/go.mod is\n%s", goMod)
	}
	if got := mustGit(t, repo, "status", "--porcelain") + mustGit(t, repo, "rev-parse", "HEAD"); got != branch {
		t.Errorf("the checkout changed: %s", got)
	}
	if mustGit(t, repo, "for-each-ref", "--contains", "erasure/"+version, "refs/heads") != "" {
		t.Error("a branch has the commit of erasure")
	}
	if status, _, stderr = prepareIn(t, repo, version); status != 1 || !strings.Contains(stderr, "is not later than the tag "+version) {
		t.Errorf("once more: exit status %d\n%s", status, stderr)
	}
}

// A refusal says what to do, and leaves no tag behind.
func TestRefusals(t *testing.T) {
	repo := newRepository(t, small...)
	start := mustGit(t, repo, "rev-parse", "HEAD")
	unreleased := "## Unreleased\n"
	for _, c := range []struct {
		name, version string
		change        func(t *testing.T)
		want          string
	}{
		{"NoVersion", "1.2.3", nil, `VERSION="1.2.3" is not a version`},
		{"ShortVersion", "v1.987", nil, `VERSION="v1.987" is not a version`},
		{"BuildMetadata", version + "+x", nil, "is not a version"},
		{"MajorVersion", "v2.0.0", nil, "from v2 on, Go wants the major version in the module paths"},
		{"UntrackedFile", version, func(t *testing.T) { write(t, filepath.Join(repo.root, "new.txt"), "") }, "not committed (?? new.txt)"},
		{"ChangedFile", version, func(t *testing.T) { changeFile(t, repo, "README.md", "#", "##") }, "not committed (M README.md)"},
		{"RootTag", version, func(t *testing.T) { mustGit(t, repo, "tag", version) }, "is not later than the tag " + version},
		{"ErasureTag", version, func(t *testing.T) { mustGit(t, repo, "tag", "erasure/"+version) }, "is not later than the tag " + version},
		{"LaterTag", version, func(t *testing.T) { mustGit(t, repo, "tag", "v1.1000.0") }, "is not later than the tag v1.1000.0"},
		{"NoSection", "v1.986.0", nil, `has no section "## 1.986.0 - YYYY-MM-DD"`},
		{"NoDate", version, func(t *testing.T) {
			changeFile(t, repo, "CHANGELOG.md", " - 2031-02-03", "")
			commit(t, repo)
		}, "the section 1.987.0 has no date"},
		{"EmptySection", version, func(t *testing.T) {
			changeFile(t, repo, "CHANGELOG.md", "## 1.987.0", "## 1.987.0 - 2031-02-03\n\n## 1.985.0")
			commit(t, repo)
		}, "the section 1.987.0 is empty"},
		{"Unreleased", version, func(t *testing.T) {
			changeFile(t, repo, "CHANGELOG.md", unreleased, unreleased+"\n- Forgotten.\n")
			commit(t, repo)
		}, "the section Unreleased has entries"},
		{"RootReplace", version, func(t *testing.T) {
			appendTo(t, repo, "go.mod", "replace example.com/a => ../a\n")
			commit(t, repo)
		}, "release: go.mod replaces example.com/a"},
		{"ErasureReplace", version, func(t *testing.T) {
			appendTo(t, repo, "erasure/go.mod", "replace example.com/a => ../a\n")
			commit(t, repo)
		}, "erasure/go.mod replaces example.com/a"},
		{"ErasureExclude", version, func(t *testing.T) {
			appendTo(t, repo, "erasure/go.mod", "exclude example.com/a v1.0.0\n")
			commit(t, repo)
		}, "erasure/go.mod excludes example.com/a@v1.0.0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer func() {
				mustGit(t, repo, "reset", "-q", "--hard", start)
				mustGit(t, repo, "clean", "-qfd")
				for tag := range strings.FieldsSeq(mustGit(t, repo, "tag")) {
					mustGit(t, repo, "tag", "-d", tag)
				}
			}()
			if c.change != nil {
				c.change(t)
			}
			tags := mustGit(t, repo, "tag")
			status, stdout, stderr := prepareIn(t, repo, c.version)
			if status != 1 || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
				t.Errorf("exit status %d\n%s%s", status, stdout, stderr)
			}
			if got := mustGit(t, repo, "tag"); got != tags {
				t.Errorf("tags %q, want %q", got, tags)
			}
		})
	}
}

// If the second tag cannot be made, the first one is taken back.
func TestBothTagsOrNone(t *testing.T) {
	repo := newRepository(t, small...)
	write(t, filepath.Join(repo.root, ".git", "refs", "tags", "erasure"), mustGit(t, repo, "rev-parse", "HEAD")+"\n") // where git wants a folder
	status, _, stderr := prepareIn(t, repo, version)
	if status != 1 || !strings.Contains(stderr, "git tag: exit status") {
		t.Errorf("exit status %d\n%s", status, stderr)
	}
	if got := mustGit(t, repo, "tag", "--list", version); got != "" {
		t.Errorf("the tag %s was left behind", got)
	}
}

func TestUsage(t *testing.T) {
	var stderr bytes.Buffer
	if status := run(t.Context(), nil, os.Stdout, &stderr); status != 2 || !strings.Contains(stderr.String(), "make release VERSION=") {
		t.Errorf("exit status %d\n%s", status, &stderr)
	}
}

func appendTo(t *testing.T, repo repository, path, text string) {
	t.Helper()
	old, err := os.ReadFile(filepath.Join(repo.root, path))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(repo.root, path), string(old)+text)
}
