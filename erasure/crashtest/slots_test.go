package crashtest

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/pgtest"
	"github.com/yuno-community/yuno-customers/erasure/provider/providersim"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// counter counts the requests that are in progress at a provider at once. Each takes a
// while.
type counter struct {
	next http.Handler

	mu        sync.Mutex
	now, most int
	ever      int
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.add(1)
	defer c.add(-1)
	select {
	case <-time.After(100 * time.Millisecond):
		c.next.ServeHTTP(w, r)
	case <-r.Context().Done(): // the process was killed
	}
}

func (c *counter) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now += n
	c.most, c.ever = max(c.most, c.now), max(c.ever, c.now)
}

// fills waits until as many as this are in progress at once, from now on.
func (c *counter) fills(t *testing.T, what string, n int) {
	t.Helper()
	c.mu.Lock()
	c.most = c.now
	c.mu.Unlock()
	await.True(t, what, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.most >= n
	})
}

// Workers come, are killed and stop. As many requests are in progress at once as the
// connection allows, and never more, because the workers divide them.
func TestWorkersDivideTheRequestsAtOnce(t *testing.T) {
	t.Parallel()
	const atOnce = 5
	s := newSystem(t, pgtest.Database(t))
	s.timeout = "10m" // a request that a busy machine delays does not end before its response
	s.simulate()
	sim := s.sims["mollie"]
	target, err := url.Parse(sim.URL())
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ErrorLog = log.New(io.Discard, "", 0)
	c := &counter{next: proxy}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	s.writeFile(s.providersFile, s.connections([]string{"mollie"}, map[string]string{"mollie": server.URL}, limits{10_000, atOnce}))
	sim.Misbehave(func(int) providersim.Fault { return providersim.Fail(http.StatusServiceUnavailable) }) // so that there is always work

	var customers []map[string]any
	for i := range 40 {
		customers = append(customers, map[string]any{"id": fmt.Sprintf("c%d", i), "providers": []any{map[string]any{"provider": "mollie", "customer": fmt.Sprintf("cst_%d", i)}}})
	}
	s.importCustomers(customers...)
	worker := func() *service { return s.start("--heartbeat-timeout=12s", "--attempt-timeout=10m") }
	one := worker()
	s.ready(one)
	yuno := s.client(client.WithRetry(20, time.Second))
	for _, customer := range customers {
		if err := yuno.DeleteCustomer(t.Context(), customer["id"].(string)); err != nil {
			t.Fatal(err)
		}
	}
	store := s.open()
	divided := func(what string, want ...int) {
		t.Helper()
		await.OK(t, what, func() error {
			got, err := slotsHeld(t.Context(), store)
			if err == nil && !slices.Equal(got, want) {
				err = fmt.Errorf("the workers have %v, want %v", got, want)
			}
			return err
		})
		c.fills(t, what+" use all", atOnce)
	}
	divided("one worker", 5)
	two := worker()
	divided("two workers", 3, 2)
	three := worker()
	divided("three workers", 2, 2, 1)
	two.Kill()
	divided("the workers without one that was killed", 3, 2)
	three.Stop(t)
	divided("the worker that is left", 5)
	if c.ever > atOnce {
		t.Errorf("%d requests at once, want at most %d", c.ever, atOnce)
	}
}

// slotsHeld returns the slots of the processes, the most first.
func slotsHeld(ctx context.Context, store *sqlstore.Store) (held []int, err error) {
	rows, err := store.DB().QueryContext(ctx, `SELECT held FROM slots ORDER BY held DESC`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		held = append(held, n)
	}
	return held, rows.Err()
}
