package command

import (
	"context"
	"io"
)

// Stdin is the type by which a subcommand's Run method asks for standard input.
type Stdin io.Reader

// Stderr is the type by which a subcommand's Run method asks for standard error.
// Standard output is an [io.Writer].
type Stderr io.Writer

// InterruptibleReader returns a reader of r that fails with ctx's error once ctx has
// ended, even while a read waits: a read from a terminal or a pipe cannot be
// canceled. One such read may stay in the background until the process ends. It
// fills a buffer of its own.
func InterruptibleReader(ctx context.Context, r io.Reader) io.Reader {
	return interruptibleReader{ctx, r}
}

type interruptibleReader struct {
	ctx context.Context
	r   io.Reader
}

// Read implements [io.Reader].
func (i interruptibleReader) Read(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	type result struct {
		data []byte
		err  error
	}
	done := make(chan result, 1)
	size := len(p)
	go func() {
		buf := make([]byte, size)
		n, err := i.r.Read(buf)
		done <- result{buf[:n], err}
	}()
	select {
	case <-i.ctx.Done():
		return 0, i.ctx.Err()
	case got := <-done:
		return copy(p, got.data), got.err
	}
}
