package main

import (
	"context"
	"fmt"

	"golang.org/x/mod/modfile"
)

// release is a prepared release: two tags, of which nobody else knows yet.
type release struct{ version, rootCommit, erasureCommit string }

// prepare checks that a version can be released from the current commit and tags it. If
// it fails, there are no new tags.
func prepare(ctx context.Context, repo repository, version string) (release, error) {
	commit, err := check(ctx, repo, version)
	if err != nil {
		return release{}, err
	}
	erasureCommit, err := commitErasure(ctx, repo, version, commit)
	if err != nil {
		return release{}, err
	}
	prepared := release{version: version, rootCommit: commit, erasureCommit: erasureCommit}
	return prepared, prepared.tag(ctx, repo)
}

// check returns the current commit, or why the version cannot be released from it.
func check(ctx context.Context, repo repository, version string) (commit string, err error) {
	if err := checkVersion(version); err != nil {
		return "", err
	}
	if err := repo.checkClean(ctx); err != nil {
		return "", err
	}
	for _, prefix := range []string{"", "erasure/"} {
		tags, err := repo.tags(ctx, prefix)
		if err != nil {
			return "", err
		}
		if err := checkNewest(version, tags); err != nil {
			return "", err
		}
	}
	if commit, err = repo.git(ctx, "rev-parse", "HEAD"); err != nil {
		return "", err
	}
	changelog, err := repo.file(ctx, commit, "CHANGELOG.md")
	if err != nil {
		return "", err
	}
	if err := checkChangelog(changelog, version); err != nil {
		return "", err
	}
	goMod, err := repo.file(ctx, commit, "go.mod")
	if err != nil {
		return "", err
	}
	file, err := modfile.Parse("go.mod", []byte(goMod), nil)
	if err != nil {
		return "", err
	}
	return commit, checkPublishable(file)
}

// commitErasure makes the commit that is released as the erasure module.
func commitErasure(ctx context.Context, repo repository, version, parent string) (commit string, err error) {
	goMod, err := repo.file(ctx, parent, "erasure/go.mod")
	if err != nil {
		return "", err
	}
	if goMod, err = requireRoot(goMod, version); err != nil {
		return "", err
	}
	goSum, err := repo.file(ctx, parent, "erasure/go.sum")
	if err != nil {
		return "", err
	}
	sums, err := repo.sums(ctx, version, parent)
	if err != nil {
		return "", err
	}
	return repo.commitFiles(ctx, parent, "Release erasure "+version+", which requires the released root module", map[string]string{
		"erasure/go.mod": goMod,
		"erasure/go.sum": addSums(goSum, sums),
	})
}

// tag makes both tags or none.
func (p release) tag(ctx context.Context, repo repository) error {
	if _, err := repo.git(ctx, "tag", "-a", p.version, "-m", p.version, p.rootCommit); err != nil {
		return err
	}
	if _, err := repo.git(ctx, "tag", "-a", "erasure/"+p.version, "-m", "erasure "+p.version, p.erasureCommit); err != nil {
		_, _ = repo.git(context.WithoutCancel(ctx), "tag", "-d", p.version) // the error below is the one to fix
		return err
	}
	return nil
}

// instructions says what was done and what is left to do.
func (p release) instructions() string {
	return fmt.Sprintf(`Prepared %[1]s; nothing is pushed yet.

  %[1]s          %.12[2]s  the current commit
  erasure/%[1]s  %.12[3]s  the same, with erasure/go.mod requiring %[1]s instead of a folder

Look at the second with: git show erasure/%[1]s
Publish both at once:    git push --atomic origin %[1]s erasure/%[1]s
Or take it back:         git tag -d %[1]s erasure/%[1]s

A pushed version stays: the module proxy keeps it, even if the tags are deleted.
`, p.version, p.rootCommit, p.erasureCommit)
}
