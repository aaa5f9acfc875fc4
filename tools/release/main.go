// Command release prepares a release: the tags of both published modules, in the
// repository of the working directory. It pushes nothing.
//
//	release v0.1.0
//
// The root module is tagged v0.1.0 on the current commit. On main, erasure/go.mod
// replaces the root module by the folder above it, and go install refuses a module with
// a replace directive. So erasure/v0.1.0 is on a commit of its own, after the current
// one and on no branch, in which erasure/go.mod requires v0.1.0 of the root module,
// erasure/go.sum has its hashes, and nothing else differs. Main keeps the directive.
//
// Exit status: 0 prepared; 1 refused, and nothing was changed; 2 called wrongly.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // the second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) != 1 {
		fmt.Fprintln(stderr, "release: usage: make release VERSION=v0.1.0")
		return 2
	}
	prepared, err := prepare(ctx, repository{"."}, args[0])
	if err != nil {
		fmt.Fprintf(stderr, "release: %v\n", err)
		return 1
	}
	fmt.Fprint(stdout, prepared.instructions())
	return 0
}
