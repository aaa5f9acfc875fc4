package cli

import (
	"io"
	"runtime"
	"runtime/debug"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

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
	version, revision, space := "(devel)", "", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision, space = s.Value, " "
			}
		}
	}
	return c.Print(stdout, map[string]any{
		"version": version, "revision": revision, "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH,
	}, "yuno-erasure %s%s%s %s %s/%s", version, space, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
