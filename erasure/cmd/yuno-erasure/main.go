// Command yuno-erasure erases customers: through Yuno's delete-customer call, and as
// the service that implements that call.
package main

import (
	"context"
	"os"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/cli"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

func main() {
	ctx := command.UntilSignal(context.Background())
	os.Exit(cli.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
