package providers

import (
	"os"

	"github.com/yuno-community/yuno-customers/erasure/provider"
)

// ConfigFlag is --providers, the file that configures the payment providers. Embed it.
type ConfigFlag struct {
	Providers string `help:"YAML file that names the providers; docs/providers.md describes it." placeholder:"FILE" env:"YUNO_ERASURE_PROVIDERS" type:"existingfile"`
}

// Connections returns the configured connections, or none without a file. The error
// names every mistake in the file.
func (f ConfigFlag) Connections() ([]*provider.Connection, error) {
	if f.Providers == "" {
		return nil, nil
	}
	return provider.Load(f.Providers, os.Getenv)
}
