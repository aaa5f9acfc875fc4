package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/zip"
)

const (
	rootPath    = "github.com/yuno-community/yuno-customers"
	erasurePath = rootPath + "/erasure"
)

// writeZip writes the zip of a module as the go command makes it of a commit. The folder
// is that of the module in the repository, "" for its root.
func (r repository) writeZip(w io.Writer, m module.Version, commit, folder string) error {
	root, err := filepath.Abs(r.root)
	if err != nil {
		return err
	}
	return zip.CreateFromVCS(w, m, root, commit, folder)
}

// sums returns the two lines of go.sum for the root module.
func (r repository) sums(ctx context.Context, version, commit string) (string, error) {
	file, err := os.CreateTemp("", "release-*.zip")
	if err != nil {
		return "", err
	}
	defer os.Remove(file.Name())
	if err := errors.Join(r.writeZip(file, module.Version{Path: rootPath, Version: version}, commit, ""), file.Close()); err != nil {
		return "", err
	}
	zipHash, err := dirhash.HashZip(file.Name(), dirhash.Hash1)
	if err != nil {
		return "", err
	}
	goMod, err := r.file(ctx, commit, "go.mod")
	if err != nil {
		return "", err
	}
	modHash, err := dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(goMod)), nil
	})
	return fmt.Sprintf("%[1]s %[2]s %[3]s\n%[1]s %[2]s/go.mod %[4]s\n", rootPath, version, zipHash, modHash), err
}

// requireRoot returns erasure/go.mod with the released root module in place of the folder
// above it.
func requireRoot(goMod, version string) (string, error) {
	file, err := modfile.Parse("erasure/go.mod", []byte(goMod), nil)
	if err != nil {
		return "", err
	}
	if err := errors.Join(file.DropReplace(rootPath, ""), file.AddRequire(rootPath, version)); err != nil {
		return "", err
	}
	file.Cleanup()
	if err := checkPublishable(file); err != nil {
		return "", err
	}
	text, err := file.Format()
	return string(text), err
}

// checkPublishable fails if go install would refuse the module.
func checkPublishable(file *modfile.File) error {
	for _, replace := range file.Replace {
		return fmt.Errorf("%s replaces %s, and go install refuses such a module: remove the directive", file.Syntax.Name, replace.Old.Path)
	}
	for _, exclude := range file.Exclude {
		return fmt.Errorf("%s excludes %s, and go install refuses such a module: remove the directive", file.Syntax.Name, exclude.Mod)
	}
	return nil
}

// addSums returns a go.sum with the lines of the root module, where the go command puts
// them: the lines are in the order of paths.
func addSums(goSum, rootLines string) string {
	var sums strings.Builder
	for line := range strings.Lines(goSum) {
		if path, _, _ := strings.Cut(line, " "); path > rootPath {
			sums.WriteString(rootLines)
			rootLines = ""
		}
		sums.WriteString(line)
	}
	return sums.String() + rootLines
}
