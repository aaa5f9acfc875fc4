package command

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestInterruptibleReader(t *testing.T) {
	t.Parallel()
	t.Run("Reads", func(t *testing.T) {
		t.Parallel()
		const text = "first line\nsecond line\n"
		if err := iotest.TestReader(InterruptibleReader(t.Context(), strings.NewReader(text)), []byte(text)); err != nil {
			t.Error(err)
		}
	})
	t.Run("InterruptedWhileWaiting", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		input, typing := io.Pipe()
		defer typing.Close()
		reading := make(chan error)
		go func() {
			_, err := io.ReadAll(InterruptibleReader(ctx, input))
			reading <- err
		}()
		if _, err := typing.Write([]byte("x")); err != nil { // the next read waits
			t.Fatal(err)
		}
		cancel()
		if err := <-reading; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}
