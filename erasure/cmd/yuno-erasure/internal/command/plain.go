package command

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
)

// Plain returns an error's text for people who do not program: files and addresses are
// named without the system call that failed.
func Plain(err error) string {
	text := err.Error()
	for _, failure := range failuresIn(err) {
		text = strings.Replace(text, failure.before, failure.after, 1)
	}
	return text
}

// rewording is the text of one error, and what replaces it.
type rewording struct{ before, after string }

// failuresIn returns the rewordings of an error and of those it wraps.
func failuresIn(err error) []rewording {
	switch e := err.(type) { // each error of the tree by itself: errors.As finds only the first
	case nil:
		return nil
	case *fs.PathError:
		return []rewording{{e.Error(), e.Path + ": " + e.Err.Error()}}
	case *os.LinkError:
		return []rewording{{e.Error(), e.New + ": " + e.Err.Error()}}
	case *net.OpError:
		return addressFailure(e)
	case interface{ Unwrap() []error }:
		var all []rewording
		for _, wrapped := range e.Unwrap() {
			all = append(all, failuresIn(wrapped)...)
		}
		return all
	}
	return failuresIn(errors.Unwrap(err))
}

// addressFailure names the address that cannot be served on or reached. Other network
// errors stay.
func addressFailure(e *net.OpError) []rewording {
	if e.Op != "listen" && e.Op != "dial" || e.Addr == nil {
		return nil
	}
	if e.Op == "listen" && errors.Is(e, syscall.EADDRINUSE) {
		return []rewording{{e.Error(), "another program uses " + e.Addr.String() + ": stop it, or choose another port"}}
	}
	var call *os.SyscallError
	if !errors.As(e, &call) {
		return nil
	}
	return []rewording{{e.Error(), e.Addr.String() + ": " + call.Err.Error()}}
}
