package await_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/internal/await"
)

// recorder is a testing.TB that records the first failure.
type recorder struct {
	testing.TB
	failure string
}

func (r *recorder) Helper() {}

func (r *recorder) Fatalf(format string, args ...any) {
	r.failure = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// failureOf returns what a wait fails with, and how long it waited.
func failureOf(t *testing.T, wait func(t testing.TB)) (failure string, waited time.Duration) {
	r := &recorder{TB: t}
	began, done := time.Now(), make(chan struct{})
	go func() {
		defer close(done)
		wait(r)
	}()
	<-done
	return r.failure, time.Since(began)
}

func TestOK(t *testing.T) {
	t.Parallel()

	t.Run("WaitsWhileThereIsProgress", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			const step = await.Patience - time.Minute
			began := time.Now()
			failure, waited := failureOf(t, func(t testing.TB) {
				await.OK(t, "all are done", func() error {
					if left := 2 - time.Since(began)/step; left > 0 {
						return fmt.Errorf("counting: %w", await.Remaining(int(left)))
					}
					return nil
				})
			})
			if failure != "" || waited < 2*step {
				t.Errorf("waited %v, %q", waited, failure)
			}
		})
	})

	t.Run("GivesUpWithoutProgress", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			failure, waited := failureOf(t, func(t testing.TB) {
				await.OK(t, "all are done", func() error { return await.Remaining(3) })
			})
			if !strings.HasPrefix(failure, "all are done: no progress for ") || !strings.HasSuffix(failure, ": 3 remaining") || waited < await.Patience || waited > await.Patience+time.Second {
				t.Errorf("waited %v, %q", waited, failure)
			}
		})
	})

	t.Run("OtherErrorsAreNoProgress", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			failure, waited := failureOf(t, func(t testing.TB) {
				await.OK(t, "ready", func() error { return fmt.Errorf("refused after %v", time.Since(began)) })
			})
			if failure == "" || waited > await.Patience+time.Second {
				t.Errorf("waited %v, %q", waited, failure)
			}
		})
	})

	t.Run("ReportsAFinalErrorAtOnce", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			failure, waited := failureOf(t, func(t testing.TB) {
				await.OK(t, "ready", func() error { return fmt.Errorf("asking: %w", await.Final(errors.New("it has ended"))) })
			})
			if failure != "ready: asking: it has ended" || waited != 0 {
				t.Errorf("waited %v, %q", waited, failure)
			}
		})
	})
}

func TestReceive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		done := make(chan int, 1)
		done <- 7
		if got := await.Receive(t, "a number", done); got != 7 {
			t.Errorf("got %d, want 7", got)
		}
		failure, waited := failureOf(t, func(t testing.TB) { await.Receive(t, "a number", done) })
		if !strings.HasPrefix(failure, "a number: not within ") || waited != await.Patience {
			t.Errorf("waited %v, %q", waited, failure)
		}
	})
}
