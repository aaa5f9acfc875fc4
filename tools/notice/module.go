package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// platforms are those that people run the program on. Some link modules that others do
// not.
var platforms = []string{"linux", "darwin", "windows"}

// module is one that the program links, on any of the platforms.
type module struct {
	path, version, dir string
	folders            []string // of the packages that are linked
}

// goPackage is what go list says of a package.
type goPackage struct {
	Dir    string
	Module *struct {
		Path, Version, Dir string
		Main               bool
	}
}

// linked returns the modules that a package of the module in the folder links, other than
// that module and those around it, in the order of their paths.
func linked(ctx context.Context, folder, pkg string) ([]module, error) {
	found := map[string]*module{}
	for _, platform := range platforms {
		packages, err := list(ctx, folder, pkg, platform)
		if err != nil {
			return nil, err
		}
		own := packages[len(packages)-1].Module.Path // dependencies come before what needs them
		for _, p := range packages {
			if p.Module == nil || p.Module.Main || strings.HasPrefix(own, p.Module.Path+"/") {
				continue // of the standard library, or of this project
			}
			m := found[p.Module.Path]
			if m == nil {
				m = &module{path: p.Module.Path, version: p.Module.Version, dir: p.Module.Dir}
				found[m.path] = m
			}
			m.folders = append(m.folders, p.Dir)
		}
	}
	modules := make([]module, 0, len(found))
	for _, name := range slices.Sorted(maps.Keys(found)) {
		modules = append(modules, *found[name])
	}
	return modules, nil
}

func list(ctx context.Context, folder, pkg, platform string) ([]goPackage, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-json=Dir,Module", pkg)
	cmd.Dir = folder
	// Without cgo the result is the same on every machine.
	cmd.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0", "GOARCH=amd64", "GOOS="+platform)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("listing what %s links on %s: %w: %s", pkg, platform, err, bytes.TrimSpace(stderr.Bytes()))
	}
	var packages []goPackage
	for dec := json.NewDecoder(bytes.NewReader(output)); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading the output of go list: %w", err)
		}
		packages = append(packages, p)
	}
}

// legalFiles returns the files with licences and notices of a module, relative to its
// folder: those at the top, and those beside the packages that are linked, which may have
// been taken from elsewhere.
func (m module) legalFiles() ([]string, error) {
	folders := map[string]bool{".": true}
	for _, folder := range m.folders {
		relative, err := filepath.Rel(m.dir, folder)
		if err != nil {
			return nil, err
		}
		for relative = filepath.ToSlash(relative); relative != "."; relative = path.Dir(relative) {
			folders[relative] = true
		}
	}
	var files []string
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		entries, err := os.ReadDir(filepath.Join(m.dir, folder))
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			if !entry.IsDir() && isLegal(entry.Name()) {
				files = append(files, path.Join(folder, entry.Name()))
			}
		}
	}
	return files, nil
}

func isLegal(name string) bool {
	lower := strings.ToLower(name)
	return path.Ext(lower) != ".go" && slices.ContainsFunc([]string{"license", "licence", "copying", "copyright", "notice"}, func(word string) bool {
		return strings.HasPrefix(lower, word)
	})
}

// isLicence reports whether a legal file has the module's own licence. A collection of
// those of third parties goes beyond what is linked.
func isLicence(file string) bool {
	lower := strings.ToLower(path.Base(file))
	return !strings.HasPrefix(lower, "notice") && !strings.Contains(lower, "3rd-party") && !strings.Contains(lower, "third")
}
