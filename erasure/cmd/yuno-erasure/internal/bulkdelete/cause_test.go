package bulkdelete

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
)

func TestCauseOf(t *testing.T) {
	t.Parallel()
	dial := func(err error) error { return fmt.Errorf("x: %w", &net.OpError{Op: "dial", Err: err}) }
	for want, err := range map[string]error{
		"connection_refused":  dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)),
		"connection_lost":     dial(io.EOF),
		"host_unreachable":    dial(os.NewSyscallError("connect", syscall.EHOSTUNREACH)),
		"too_many_open_files": dial(os.NewSyscallError("socket", syscall.EMFILE)),
		"no_such_host":        dial(&net.DNSError{IsNotFound: true}),
		"host_lookup_failed":  dial(&net.DNSError{IsTemporary: true}),
		"tls_failed":          fmt.Errorf("%w: %w", client.ErrTLS, io.EOF),
		"proxy_failed":        fmt.Errorf("%w: %w", client.ErrProxy, syscall.ECONNREFUSED),
		"timeout":             dial(os.ErrDeadlineExceeded),
		"aborted":             dial(context.Canceled),
		"no_response":         errors.New("anything else"),
	} {
		if got := causeOf(err); got != want {
			t.Errorf("%v: %s, want %s", err, got, want)
		}
	}
	for got, want := range map[string]string{
		causeOf(dial(syscall.ECONNRESET)):                   "connection_lost",
		causeOf(dial(syscall.ENETUNREACH)):                  "host_unreachable",
		causeOf(dial(syscall.EPERM)):                        "host_unreachable",
		causeOf(dial(&net.DNSError{IsTimeout: true})):       "timeout",
		causeOf(fmt.Errorf("%w", context.DeadlineExceeded)): "timeout",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
