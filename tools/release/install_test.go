package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/mod/module"
)

// consumer is a program of somebody who requires the root module.
const consumer = `package main

import (
	"fmt"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/contract"
	"github.com/yuno-community/yuno-customers/sandbox"
	"github.com/yuno-community/yuno-customers/server"
)

func main() {
	_, err := contract.New() // reads the embedded specification
	fmt.Println(err, client.New != nil, sandbox.New != nil, server.New != nil)
}
`

// A release is installed and imported as people do it: from a module proxy, into a module
// cache that has nothing of it.
func TestInstall(t *testing.T) {
	if os.Getenv("RELEASE") == "" {
		t.Skip("compiles the command: make release-check sets RELEASE=check")
	}
	repo := newRepository(t, wholeTree)
	if status, _, stderr := prepareIn(t, repo, version); status != 0 {
		t.Fatal(stderr)
	}
	env := proxyFor(t, repo)
	t.Run("Command", func(t *testing.T) {
		bin := t.TempDir()
		runGo(t, t.TempDir(), append(env, "GOBIN="+bin), "install", erasurePath+"/cmd/yuno-erasure@"+version)
		output, err := exec.CommandContext(t.Context(), filepath.Join(bin, "yuno-erasure"), "--version").CombinedOutput()
		if want := "yuno-erasure " + version + " " + runtime.Version(); err != nil || !strings.HasPrefix(string(output), want) {
			t.Errorf("%v: %q, want %q", err, output, want)
		}
	})
	t.Run("Packages", func(t *testing.T) {
		folder := t.TempDir()
		write(t, filepath.Join(folder, "go.mod"), fmt.Sprintf("module example.com/consumer\n\ngo 1.25.0\n\nrequire %s %s\n", rootPath, version))
		write(t, filepath.Join(folder, "main.go"), consumer)
		if got, want := runGo(t, folder, append(env, "GOFLAGS=-mod=mod -modcacherw -trimpath"), "run", "."), "<nil> true true true\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	// A checkout of the tag is built with its own go.sum, which go install does not read.
	t.Run("Checkout", func(t *testing.T) {
		mustGit(t, repo, "checkout", "-q", "erasure/"+version)
		runGo(t, filepath.Join(repo.root, "erasure"), append(env, "GOFLAGS=-mod=readonly -modcacherw"), "list", "-deps", "-test", "./...")
		if got := runGo(t, filepath.Join(repo.root, "erasure"), env, "mod", "tidy", "-diff"); got != "" {
			t.Errorf("erasure/go.mod or its go.sum is not tidy:\n%s", got)
		}
	})
}

// proxyFor publishes both modules in a new module proxy and returns the variables with
// which the go command uses it. Other modules come from the module cache of this machine,
// as from a second proxy. With -trimpath, what is compiled does not depend on where the
// module cache is, and the build cache has it after the first time.
func proxyFor(t *testing.T, repo repository) (env []string) {
	t.Helper()
	proxy := t.TempDir()
	for _, m := range published {
		folder := filepath.Join(proxy, filepath.FromSlash(m.path), "@v")
		write(t, filepath.Join(folder, "list"), version+"\n")
		write(t, filepath.Join(folder, version+".info"), fmt.Sprintf(`{"Version":%q,"Time":"2031-02-03T00:00:00Z"}`, version))
		write(t, filepath.Join(folder, version+".mod"), mustGit(t, repo, "show", m.tag+":"+strings.TrimPrefix(m.folder+"/go.mod", "/"))+"\n")
		file, err := os.Create(filepath.Join(folder, version+".zip"))
		if err != nil {
			t.Fatal(err)
		}
		if err := repo.writeZip(file, module.Version{Path: m.path, Version: version}, m.tag, m.folder); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
	cache := strings.TrimSpace(runGo(t, t.TempDir(), nil, "env", "GOMODCACHE"))
	return []string{
		"GOPROXY=" + fileURL(proxy) + "," + fileURL(filepath.Join(cache, "cache", "download")),
		"GOSUMDB=off", // has never heard of the version
		"GOMODCACHE=" + t.TempDir(),
		"GOFLAGS=-modcacherw -trimpath", // without the first, the folder could not be removed
	}
}

func fileURL(path string) string {
	return "file://" + strings.TrimSuffix("/"+strings.TrimPrefix(filepath.ToSlash(path), "/"), "/")
}
