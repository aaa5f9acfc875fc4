package providers

import (
	"fmt"
	"os"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/provider"
)

// ConfigFlag is --providers, the file that configures the payment providers. Embed it.
type ConfigFlag struct {
	Providers string `help:"YAML file that names the providers; docs/providers.md describes it." placeholder:"FILE" env:"YUNO_ERASURE_PROVIDERS" type:"existingfile"`
}

// Connections returns the configured connections, or none without a file. The error
// names every mistake in the file.
func (f ConfigFlag) Connections(opts ...provider.Option) ([]*provider.Connection, error) {
	if f.Providers == "" {
		return nil, nil
	}
	return provider.Load(f.Providers, os.Getenv, opts...)
}

// Connection returns one configured connection, for a subcommand of providers.
func (f ConfigFlag) Connection(subcommand, name string) (*provider.Connection, error) {
	connections, err := f.Connections()
	if err != nil {
		return nil, err
	}
	if len(connections) == 0 {
		return nil, command.NewUsageError("no provider is configured", "yuno-erasure providers "+subcommand+" "+name+" --providers FILE")
	}
	for _, p := range connections {
		if p.Name() == name {
			return p, nil
		}
	}
	return nil, command.NewUsageError(fmt.Sprintf("no provider is named %q in %s", name, f.Providers),
		"yuno-erasure providers list --providers "+f.Providers)
}
