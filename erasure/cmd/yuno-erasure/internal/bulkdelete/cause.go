package bulkdelete

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"unicode"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/bulk"
)

// codeOf returns the code of a response, or a code for why there is none.
func codeOf(e *client.Error) string {
	if e.StatusCode != 0 {
		return printable(e.Code)
	}
	return causeOf(e)
}

// causeOf returns a code for why there is no response. The text of the error may contain
// network addresses, which do not belong in a report.
func causeOf(err error) string {
	var (
		timeout net.Error
		name    *net.DNSError
	)
	switch {
	case errors.Is(err, context.Canceled):
		return bulk.CodeAborted
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return bulk.CodeTooManyOpenFiles
	case errors.As(err, &name) && name.IsNotFound:
		return bulk.CodeNoSuchHost
	case errors.Is(err, client.ErrProxy):
		return bulk.CodeProxyFailed
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return bulk.CodeTimeout
	case errors.As(err, &name):
		return bulk.CodeHostLookupFailed
	case errors.Is(err, client.ErrTLS):
		return bulk.CodeTLSFailed
	case errors.Is(err, syscall.ECONNREFUSED):
		return bulk.CodeConnectionRefused
	case isUnreachable(err):
		return bulk.CodeHostUnreachable
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return bulk.CodeConnectionLost
	}
	return bulk.CodeNoResponse
}

// noWay are the errors of a machine that knows no way to a host, or whose firewall
// closes it.
var noWay = []error{
	syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.ENETDOWN, syscall.EHOSTDOWN, syscall.EADDRNOTAVAIL, syscall.EACCES, syscall.EPERM,
}

func isUnreachable(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial" && slices.ContainsFunc(noWay, func(e error) bool { return errors.Is(err, e) })
}

// maxCode is the length of the longest code that is kept of a response, in bytes.
const maxCode = 64

// printable replaces what a terminal would interpret in a server's text, and cuts the
// text to the length of a code.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, text)
	if len(text) > maxCode {
		text = strings.ToValidUTF8(text[:maxCode], "") + "…"
	}
	return text
}
