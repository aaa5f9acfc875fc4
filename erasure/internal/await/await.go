// Package await lets a test wait for what other goroutines and processes do.
// Internal to this module.
package await

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// Patience is how long a test waits while nothing changes. It exists to report what
// is missing, not to limit how long anything takes. It is longer than the five
// minutes after which a queue tries again that could not reach its database.
const Patience = 10 * time.Minute

const interval = 20 * time.Millisecond

// OK waits until check returns nil. It fails the test once Patience has passed
// without progress, which is a different number in check's [Remaining] error. It
// fails the test at once if check returns a [Final] error.
func OK(t testing.TB, what string, check func() error) {
	t.Helper()
	last, since := remaining(-1), time.Now()
	for {
		err := check()
		if err == nil {
			return
		}
		if errors.As(err, new(final)) {
			t.Fatalf("%s: %v", what, err)
		}
		if now := last; errors.As(err, &now) && now != last {
			last, since = now, time.Now()
		}
		if time.Since(since) > Patience {
			t.Fatalf("%s: no progress for %v: %v", what, Patience, err)
		}
		<-time.After(interval)
	}
}

// True waits until holds returns true; see [OK].
func True(t testing.TB, what string, holds func() bool) {
	t.Helper()
	OK(t, what, func() error {
		if !holds() {
			return errNotYet
		}
		return nil
	})
}

var errNotYet = errors.New("not yet")

// Receive returns what comes from a channel, or its zero value once it is closed. It
// fails the test after Patience.
func Receive[T any](t testing.TB, what string, from <-chan T) (value T) {
	t.Helper()
	select {
	case value = <-from:
	case <-time.After(Patience):
		t.Fatalf("%s: not within %v", what, Patience)
	}
	return value
}

// Remaining is the error of a check that waits for n things. While n changes, a wait
// goes on.
func Remaining(n int) error { return remaining(n) }

type remaining int

func (r remaining) Error() string { return fmt.Sprintf("%d remaining", int(r)) }

// Final marks an error that further waiting cannot change, such as the end of a
// process that was to do something.
func Final(err error) error { return final{err} }

type final struct{ error }

func (f final) Unwrap() error { return f.error }
