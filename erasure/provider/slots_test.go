package provider

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// crowd are attempts that have slots, each for a second.
type crowd struct {
	mu        sync.Mutex
	now, most int
	all       sync.WaitGroup
}

func (c *crowd) join(t *testing.T, connection *Connection, n int) {
	t.Helper()
	for range n {
		c.all.Go(func() {
			_, leave, err := connection.Enter(t.Context(), nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer leave()
			c.count(1)
			time.Sleep(time.Second)
			c.count(-1)
		})
	}
}

func (c *crowd) count(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now += n
	c.most = max(c.most, c.now)
}

func TestSlots(t *testing.T) {
	t.Parallel()
	of := func(t *testing.T, concurrency int) *Connection {
		t.Helper()
		return sharing(t, newRow(), Limits{PerSecond: 1000, Concurrency: concurrency}, nil)
	}
	run := func(name string, test func(*testing.T)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, test)
		})
	}
	run("Fewer", func(t *testing.T) {
		connection, c := of(t, 4), &crowd{}
		c.join(t, connection, 10)
		synctest.Wait()
		if used := connection.SetSlots(1, time.Time{}); used != 4 {
			t.Errorf("%d used, want 4 until they end", used)
		}
		time.Sleep(1500 * time.Millisecond)
		if used := connection.SetSlots(1, time.Time{}); used != 1 {
			t.Errorf("%d used, want 1", used)
		}
		began := time.Now()
		c.all.Wait()
		if took := time.Since(began); took != 5500*time.Millisecond || c.most != 4 {
			t.Errorf("six more took %v, %d at once", took, c.most)
		}
	})
	run("MoreAtOnce", func(t *testing.T) {
		connection, c := of(t, 4), &crowd{}
		connection.SetSlots(0, time.Time{})
		c.join(t, connection, 6)
		time.Sleep(time.Hour)
		if c.most != 0 {
			t.Errorf("%d at once without a slot", c.most)
		}
		began := time.Now()
		connection.SetSlots(3, time.Time{})
		c.all.Wait()
		if took := time.Since(began); took != 2*time.Second || c.most != 3 {
			t.Errorf("took %v, %d at once", took, c.most)
		}
	})
	run("Until", func(t *testing.T) {
		connection, c := of(t, 4), &crowd{}
		connection.SetSlots(1, time.Now().Add(1500*time.Millisecond))
		c.join(t, connection, 5)
		time.Sleep(time.Hour)
		if used := connection.SetSlots(1, time.Now().Add(-time.Second)); used != 0 {
			t.Errorf("%d used after the time", used)
		}
		began := time.Now()
		connection.SetSlots(1, time.Now().Add(time.Minute))
		c.all.Wait()
		if took := time.Since(began); took != 3*time.Second { // two began in time
			t.Errorf("the others took %v, want 3s", took)
		}
	})
	run("GiveUp", func(t *testing.T) {
		connection := of(t, 1)
		_, leave, err := connection.Enter(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		giveUp := make(chan struct{})
		time.AfterFunc(time.Second, func() { close(giveUp) })
		if _, _, err := connection.Enter(t.Context(), giveUp); !errors.Is(err, errNoSlot) {
			t.Errorf("got %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := connection.Enter(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		leave()
		if _, leave, err = connection.Enter(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		leave()
		if used := connection.SetSlots(1, time.Time{}); used != 0 {
			t.Errorf("%d used", used)
		}
	})
}

// An attempt has one slot for all of its requests. Those of one whose process has not
// renewed its slots in time are not sent.
func TestSlotsOfAnAttempt(t *testing.T) {
	t.Parallel()
	attempt := func(t *testing.T, until time.Duration) erasure.Outcome {
		t.Helper()
		c := sharing(t, newRow(), Limits{PerSecond: 1000, Concurrency: 4}, func(r *http.Request) (int, string) {
			if isTokenRequest(r) {
				return 200, `{"access_token":"a","expires_in":600}`
			}
			return 204, ""
		})
		c.SetSlots(1, time.Now().Add(until))
		ctx, leave, err := c.Enter(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer leave()
		time.Sleep(time.Second)
		return c.Erase(ctx, erasure.Progress{References: erasure.References{Tokens: []string{"tok_1", "tok_2"}}})
	}
	t.Run("InTime", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			if got := attempt(t, time.Minute); got.Kind != erasure.OutcomeSucceeded {
				t.Errorf("got %+v", got)
			}
		})
	})
	t.Run("TooLate", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			if got := attempt(t, time.Millisecond); got.Kind != erasure.OutcomeDeferred || got.Reason != erasure.ReasonWaitingForTurn {
				t.Errorf("got %+v", got)
			}
		})
	})
}

// A check waits for the only slot while the attempt that has it makes a check of its own.
func TestACheckWaitsForAnAttemptThatChecks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, useEntry("stripe", map[string]string{"base_url": "http://127.0.0.1:1"}, ""))
		c.limits.Concurrency, c.limiter = 1, newLimiter(Limits{PerSecond: 1000, Concurrency: 1})
		c.client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			status, body := 503, ""
			if r.Method == http.MethodDelete {
				status, body = 404, `{"error":{"type":"invalid_request_error","code":"resource_missing","param":"id"}}`
			}
			return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
		})}
		var both sync.WaitGroup
		both.Go(func() { wantOutcome(t, c.Erase(t.Context(), onlyCustomer), unproven) })
		time.Sleep(500 * time.Millisecond)
		both.Go(func() {
			wantOutcome(t, c.Check(t.Context()), erasure.Outcome{Kind: retry, Reason: "http_503", Status: 503})
		})
		both.Wait()
	})
}

// A slot that is given to an attempt which has just given up goes to the next one.
func TestNoSlotIsLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		connection := sharing(t, newRow(), Limits{PerSecond: 1000, Concurrency: 1}, nil)
		for range 100 {
			_, leave, err := connection.Enter(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			var all sync.WaitGroup
			for _, ctx := range []context.Context{ctx, t.Context()} {
				all.Go(func() {
					if _, leave, err := connection.Enter(ctx, nil); err == nil {
						leave()
					}
				})
				synctest.Wait() // each has its place in the line
			}
			cancel()
			leave()
			all.Wait()
			if _, _, err := connection.Enter(ctx, nil); !errors.Is(err, context.Canceled) {
				t.Fatalf("got %v for a context that has ended", err)
			}
			if used := connection.SetSlots(1, time.Time{}); used != 0 {
				t.Fatalf("%d used", used)
			}
		}
	})
}

// An attempt and a check leave, whatever happens in them.
func TestAPanicKeepsNoSlot(t *testing.T) {
	t.Parallel()
	for name, panics := range map[string]bool{"Response": false, "Panic": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := connect(t, useEntry("stripe", map[string]string{"base_url": "http://127.0.0.1:1"}, ""))
			c.client = &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
				if panics {
					panic("broken")
				}
				return &http.Response{StatusCode: 503, Header: http.Header{}, Body: http.NoBody}, nil
			})}
			for what, ask := range map[string]func(){
				"an attempt": func() { c.Erase(t.Context(), onlyCustomer) },
				"a check":    func() { c.Check(t.Context()) },
			} {
				func() {
					defer func() {
						if got := recover() != nil; got != panics {
							t.Errorf("%s panicked: %v", what, got)
						}
					}()
					ask()
				}()
				if used := c.SetSlots(4, time.Time{}); used != 0 {
					t.Errorf("%d used after %s", used, what)
				}
			}
		})
	}
}
