package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/client"
)

func TestWithMaxInFlight(t *testing.T) {
	t.Parallel()
	const limit, calls = 3, 20
	var inFlight, highest atomic.Int32
	full := make(chan struct{}) // closed once the limit is reached
	var once sync.Once
	server := newYuno(t, func(w http.ResponseWriter, _ *http.Request) {
		n := inFlight.Add(1)
		defer inFlight.Add(-1)
		for old := highest.Load(); n > old && !highest.CompareAndSwap(old, n); old = highest.Load() {
		}
		if n == limit {
			once.Do(func() { close(full) })
		}
		<-full
		w.WriteHeader(http.StatusAccepted)
	})
	c := newClient(t, server.baseURL(), client.WithMaxInFlight(limit))
	var callers sync.WaitGroup
	for i := range calls {
		callers.Go(func() {
			if err := c.DeleteCustomer(t.Context(), fmt.Sprint("customer-", i)); err != nil {
				t.Error(err)
			}
		})
	}
	callers.Wait()
	if got := highest.Load(); got != limit {
		t.Errorf("got %d requests at once, want %d", got, limit)
	}
}

func TestWithMaxInFlightWaitsNoLongerThanContext(t *testing.T) {
	t.Parallel()
	arrived, leave := make(chan struct{}), make(chan struct{})
	server := newYuno(t, func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-leave
		w.WriteHeader(http.StatusAccepted)
	})
	c := newClient(t, server.baseURL(), client.WithMaxInFlight(1))
	var first sync.WaitGroup
	first.Go(func() {
		if err := c.DeleteCustomer(t.Context(), customerID); err != nil {
			t.Error(err)
		}
	})
	<-arrived
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	err := c.DeleteCustomer(ctx, customerID)
	if e := asError(t, err); !errors.Is(err, context.DeadlineExceeded) || e.Attempts != 0 || e.MayHaveApplied {
		t.Errorf("got %v after %d attempts, MayHaveApplied %v", err, e.Attempts, e.MayHaveApplied)
	}
	close(leave)
	first.Wait()
}
