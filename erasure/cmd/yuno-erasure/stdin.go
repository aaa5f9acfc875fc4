package main

import (
	"context"
	"io"
)

// interruptible is standard input for a command that ends when ctx does, even
// while nothing comes: a read from a terminal or a pipe cannot be called off.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

// Read implements [io.Reader]. After ctx has ended, one read may be left waiting
// in the background, into memory of its own, until the program ends.
func (i interruptible) Read(p []byte) (int, error) {
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
