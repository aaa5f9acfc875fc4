package cli

import (
	"cmp"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// linkedVersion is set by the linker (-X) for a program that is built in a checkout, where
// the go command knows no version: erasure is tagged on commits that no branch has.
var linkedVersion string

type versionCommand struct {
	command.JSONFlag `embed:""`
}

// Help is shown by version --help.
func (versionCommand) Help() string {
	return `Prints the version, the revision it was built from if that is known, the Go version, and the platform. yuno-erasure --version does the same.

Examples:

  yuno-erasure version
  yuno-erasure version --json`
}

// Run prints the version.
func (c versionCommand) Run(stdout io.Writer) error {
	revision, space := "", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision, space = s.Value, " "
			}
		}
	}
	return c.Print(stdout, map[string]any{
		"version": version(), "revision": revision, "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH,
	}, "yuno-erasure %s%s%s %s %s/%s", version(), space, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// version returns the version of this program.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return cmp.Or(linkedVersion, info.Main.Version, "(devel)")
	}
	return cmp.Or(linkedVersion, "(devel)")
}
