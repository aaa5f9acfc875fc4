// Command yuno-erasure erases customers: through Yuno's delete-customer call, and as
// the service that implements that call.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal is not caught: it ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(cli.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
