package command

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// UntilSignal returns a context that ends with the first signal to end: Ctrl-C, SIGTERM,
// or that the terminal was closed, unless nohup has that ignored. The second signal is not
// caught, and ends the process, but a closed terminal may say so more than once.
func UntilSignal(parent context.Context) context.Context {
	ctx, stop := signal.NotifyContext(parent, endings()...)
	context.AfterFunc(ctx, func() {
		signal.Ignore(syscall.SIGHUP)
		stop()
	})
	return ctx
}

// UntilSecondSignal returns a context that ends with the second Ctrl-C or SIGTERM. The
// third ends the process.
func UntilSecondSignal() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, endings()...)
	go func() {
		defer signal.Stop(signals)
		for count := 0; count < 2; {
			select {
			case s := <-signals:
				// The kernel and the shell both report a closed terminal: nobody has asked
				// a second time.
				if s != syscall.SIGHUP || count == 0 {
					count++
				}
			case <-ctx.Done():
				return
			}
		}
		cancel()
	}()
	return ctx, cancel
}

func endings() []os.Signal {
	if signal.Ignored(syscall.SIGHUP) {
		return []os.Signal{os.Interrupt, syscall.SIGTERM}
	}
	return []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}
}

// OutliveReaders keeps the process from ending when it writes to a pipe whose reader has
// gone, as in "| head -1", or in "| tee" after Ctrl-C. It is for commands whose work
// matters more than their output.
func OutliveReaders() { signal.Ignore(syscall.SIGPIPE) }

// UnlessUnread returns an error of writing output, or nil if it is that the reader has
// gone: then nobody misses the output.
func UnlessUnread(err error) error {
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}
