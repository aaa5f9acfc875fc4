package provider

import (
	"os"
	"testing"

	"github.com/yuno-community/yuno-customers/internal/misuse"
)

// Values that make no sense are errors.
func TestMisuse(t *testing.T) {
	t.Parallel()
	file := write(t, "config.yaml", "connections: []\n")
	load := func(opt Option) error { _, err := Load(file, os.Getenv, opt); return err }
	misuse.Check(t, []misuse.Case{
		{Of: "Load", Value: "no file", Use: func() error { _, err := Load("", os.Getenv); return err }, Want: "no such file"},
		{Of: "Load", Value: "no environment", Use: func() error { _, err := Load("config.yaml", nil); return err }, Want: "getenv is nil"},
		{Of: "Load", Value: "nil option", Use: func() error { return load(nil) }, Want: "option 0 is nil"},
		{Of: "WithMiddleware", Value: "nil", Use: func() error { return load(WithMiddleware(nil)) }, Want: "the middleware is nil"},
	}, map[string]string{
		"Limits.PerSecond": "comes from a file, which Load checks", "Limits.Concurrency": "likewise",
	})
}
