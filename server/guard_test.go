package server_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/server"
)

// guarded is a handler with a guard whose look-ups are counted.
type guarded struct {
	http.Handler
	log     logBuffer
	lookUps atomic.Int64
	most    atomic.Int64 // at the same time
	running atomic.Int64
	takes   atomic.Int64 // each look-up, in nanoseconds
	unknown atomic.Int64 // how much longer an unknown public key takes
	revoked atomic.Bool
	broken  atomic.Bool
}

func newGuarded(t *testing.T, opts ...server.Option) *guarded {
	t.Helper()
	g := &guarded{}
	keys := twoKeys(t)
	auth := authFunc(func(ctx context.Context, k server.Keys) (server.Principal, error) {
		g.lookUps.Add(1)
		if n := g.running.Add(1); n > g.most.Load() {
			g.most.Store(n)
		}
		defer g.running.Add(-1)
		took := g.takes.Load()
		if k.PublicAPIKey != publicKey {
			took += g.unknown.Load()
		}
		time.Sleep(time.Duration(took))
		switch {
		case g.broken.Load():
			return server.Principal{}, errors.New("no database")
		case g.revoked.Load():
			return server.Principal{}, server.ErrExpiredCredentials
		}
		return keys.Authenticate(ctx, k)
	})
	h, err := server.New(service{deleteCustomer: accepting}, auth, append(opts, server.WithGuard(), g.log.option())...)
	if err != nil {
		t.Fatal(err)
	}
	g.Handler = h
	return g
}

// send sends a request with a secret key from an address. It returns how long it took.
func (g *guarded) send(from, public, secret string) (response, time.Duration) {
	start := time.Now()
	got := do(g, request(http.MethodDelete, path, func(r *http.Request) {
		r.RemoteAddr = from
		r.Header.Set("Public-Api-Key", public)
		r.Header.Set("Private-Secret-Key", secret)
	}))
	return got, time.Since(start)
}

const attacker, merchant = "192.0.2.1:1234", "192.0.2.2:1234"

// sendVia sends a request with keys through a proxy, which names its client.
func (g *guarded) sendVia(proxy, client, public, secret string) response {
	return do(g, request(http.MethodDelete, path, func(r *http.Request) {
		r.RemoteAddr = proxy
		r.Header.Set("X-Forwarded-For", client)
		r.Header.Set("Public-Api-Key", public)
		r.Header.Set("Private-Secret-Key", secret)
	}))
}

// Behind a trusted proxy each client has its own rate. Behind any other they share it, so
// that nobody gets another rate by naming somebody else.
func TestGuardKnowsClientsOfTrustedProxies(t *testing.T) {
	t.Parallel()
	for proxy, want := range map[string]int{
		"10.0.0.9:80":  http.StatusAccepted,
		"192.0.2.9:80": http.StatusTooManyRequests,
	} {
		synctest.Test(t, func(t *testing.T) {
			g := newGuarded(t, server.WithTrustedProxies(netip.MustParsePrefix("10.0.0.0/8")))
			var sending sync.WaitGroup
			flood := func(n int) {
				for i := range n {
					sending.Go(func() { g.sendVia(proxy, "198.51.100.1", fmt.Sprint("key", i), "wrong") })
				}
			}
			for range 2 {
				flood(500) // fewer than may wait for a look-up
				sending.Wait()
			}
			flood(50) // what the rate has allowed meanwhile, and more
			synctest.Wait()
			defer sending.Wait()
			if got := g.sendVia(proxy, "203.0.113.1", publicKey, secretKey); got.status != want {
				t.Errorf("keys that were not seen before, behind %s: got %d, want %d", proxy, got.status, want)
			}
		})
	}
}

// The same wrong keys are looked up once in five seconds.
func TestGuardRemembersWrongKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGuarded(t)
		for range 100 { // 25 ms each
			got, _ := g.send(attacker, publicKey, "wrong")
			got.want(t, http.StatusUnauthorized, "INVALID_CREDENTIALS")
		}
		if n := g.lookUps.Load(); n != 1 {
			t.Errorf("%d look-ups in 2.5 s, want 1", n)
		}
		g.revoked.Store(true)
		time.Sleep(5 * time.Second)
		for range 2 {
			got, _ := g.send(attacker, publicKey, "wrong")
			got.want(t, http.StatusUnauthorized, "EXPIRED_CREDENTIALS")
		}
		if n := g.lookUps.Load(); n != 2 {
			t.Errorf("%d look-ups, want 2", n)
		}
	})
}

// Keys that were revoked give no access any more, however often they were valid. From the
// first refusal on, they are wrong keys like any other.
func TestGuardForgetsRevokedKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGuarded(t)
		for _, revoked := range []bool{false, false, true} {
			g.revoked.Store(revoked)
			want, code := http.StatusAccepted, ""
			if revoked {
				want, code = http.StatusUnauthorized, "EXPIRED_CREDENTIALS"
			}
			got, _ := g.send(merchant, publicKey, secretKey)
			got.want(t, want, code)
		}
		if n := g.lookUps.Load(); n != 3 {
			t.Errorf("%d look-ups, want one for each request with keys that were valid", n)
		}
		for range 100 { // 25 ms each
			got, _ := g.send(merchant, publicKey, secretKey)
			got.want(t, http.StatusUnauthorized, "EXPIRED_CREDENTIALS")
		}
		if n := g.lookUps.Load(); n != 3 {
			t.Errorf("%d look-ups of revoked keys in 2.5 s, want none", n-3)
		}
	})
}

// A failure says nothing about keys.
func TestGuardRemembersNoFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGuarded(t)
		g.broken.Store(true)
		for range 2000 {
			got, _ := g.send(merchant, publicKey, secretKey)
			got.want(t, http.StatusInternalServerError, "INTERNAL_ERROR")
		}
		g.broken.Store(false)
		got, _ := g.send(merchant, publicKey, secretKey)
		got.want(t, http.StatusAccepted, "")
	})
}

// A flood of different keys is throttled, and does not affect anybody else, nor keys from
// the same address that have been valid.
func TestGuardThrottlesAnAddress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGuarded(t)
		g.takes.Store(int64(time.Millisecond))
		got, _ := g.send(attacker, otherPublic, otherSecret)
		got.want(t, http.StatusForbidden, "AUTHORIZATION_REQUIRED") // known from now on

		var sending sync.WaitGroup
		for i := range 2000 {
			sending.Go(func() {
				switch got, took := g.send(attacker, fmt.Sprint("key", i), "wrong"); got.status {
				case http.StatusTooManyRequests:
					if took != 2*time.Second || got.header.Get("Retry-After") == "" {
						t.Errorf("a 429 took %v, with %v", took, got.header)
					}
				default:
					got.want(t, http.StatusUnauthorized, "INVALID_CREDENTIALS")
				}
			})
			if i%500 == 499 {
				for range 100 { // more than the rate allows
					sending.Go(func() {
						got, _ := g.send(attacker, otherPublic, otherSecret)
						got.want(t, http.StatusForbidden, "AUTHORIZATION_REQUIRED")
					})
				}
				sending.Wait()
			}
		}
		sending.Wait()
		lookUps := g.lookUps.Load()
		if lookUps > 1500 { // 400 of them with valid keys
			t.Errorf("%d look-ups for 2000 requests", lookUps)
		}
		got, _ = g.send(merchant, publicKey, secretKey)
		got.want(t, http.StatusAccepted, "")
		got, took := g.send(attacker, otherPublic, otherSecret)
		got.want(t, http.StatusForbidden, "AUTHORIZATION_REQUIRED")
		if took != time.Millisecond {
			t.Errorf("valid keys waited for %v", took)
		}
		if n := strings.Count(g.log.String(), "too many requests with wrong keys"); n != 1 {
			t.Errorf("logged %d times, want once:\n%.2000s", n, g.log.String())
		}
		time.Sleep(time.Minute) // the rate allows some more
		got, _ = g.send(attacker, "another", "wrong")
		got.want(t, http.StatusUnauthorized, "INVALID_CREDENTIALS")
	})
}

// Wrong keys from many addresses leave the rest of a pool of connections alone.
func TestGuardLooksUpFewStrangersAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGuarded(t)
		g.takes.Store(int64(time.Second))
		var sending sync.WaitGroup
		for i := range 40 {
			sending.Go(func() { g.send(fmt.Sprintf("192.0.2.%d:1", i), fmt.Sprint("key", i), "wrong") })
		}
		sending.Wait()
		if most := g.most.Load(); most != 4 {
			t.Errorf("%d look-ups at the same time, want 4", most)
		}
	})
}

// The same keys again and again are throttled too: each costs a response.
func TestGuardThrottlesTheSameKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGuarded(t)
		var statuses [600]int
		for range 3 {
			var sending sync.WaitGroup
			for i := range 500 {
				sending.Go(func() {
					got, _ := g.send("[2001:db8::1]:80", publicKey, "wrong")
					statuses[i] = got.status
				})
			}
			sending.Wait()
		}
		throttled := 0
		for _, status := range statuses[:500] {
			if status == http.StatusTooManyRequests {
				throttled++
			}
		}
		if throttled < 490 {
			t.Errorf("%d of the last 500 requests were throttled", throttled)
		}
		for address, want := range map[string]bool{
			"[2001:db8::2]:80":     true, // of the same network
			"[2001:db8:0:1::1]:80": false,
		} {
			var got atomic.Bool
			var sending sync.WaitGroup
			for range 100 {
				sending.Go(func() {
					if resp, _ := g.send(address, publicKey, "wrong"); resp.status == http.StatusTooManyRequests {
						got.Store(true)
					}
				})
			}
			if sending.Wait(); got.Load() != want {
				t.Errorf("from %s: throttled %v, want %v", address, got.Load(), want)
			}
		}
	})
}

// The time of a refusal does not say whether a public key exists, or whether the keys were
// looked up.
func TestGuardRefusesInTheSameTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGuarded(t)
		g.takes.Store(int64(time.Millisecond))
		g.unknown.Store(int64(10 * time.Microsecond))
		for name, public := range map[string]string{"known": publicKey, "unknown": "nobody", "missing": ""} {
			for range 2 {
				got, took := g.send(attacker, public, "wrong")
				got.want(t, http.StatusUnauthorized, "INVALID_CREDENTIALS")
				if took != 25*time.Millisecond {
					t.Errorf("a refusal of a public key that is %s took %v, want 25ms", name, took)
				}
			}
		}
		if got, took := g.send(merchant, publicKey, secretKey); got.status != http.StatusAccepted || took != time.Millisecond {
			t.Errorf("valid keys: %d after %v, want 202 after 1ms", got.status, took)
		}
	})
}

// However many keys and addresses there are, the tables are bounded.
func TestGuardIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGuarded(t)
		for i := range 105 {
			var sending sync.WaitGroup
			for j := range 100 {
				sending.Go(func() { _, _ = g.send(fmt.Sprintf("10.1.%d.%d:1", i, j), fmt.Sprint(i, " ", j), "wrong") })
			}
			sending.Wait()
		}
		if refused, valid, budgets := server.GuardSizes(g.Handler); max(refused, valid, budgets) > 10_000 {
			t.Errorf("remembers %d refused and %d valid keys and %d addresses", refused, valid, budgets)
		}
	})
}

// A client that goes away does not keep its request waiting.
func TestGuardDoesNotHoldForNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGuarded(t)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		start := time.Now()
		do(g, request(http.MethodDelete, path, func(r *http.Request) { r.Header.Set("Private-Secret-Key", "wrong") }).WithContext(ctx))
		if took := time.Since(start); took != 10*time.Millisecond {
			t.Errorf("took %v after the client has gone at 10ms", took)
		}
	})
}

// Wrong keys from many addresses leave calls for keys that have been valid.
func TestGuardBoundsWhoWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGuarded(t, server.WithMaxCalls(100))
		valid := func() {
			got, _ := g.send(merchant, publicKey, secretKey)
			got.want(t, http.StatusAccepted, "")
		}
		valid()
		g.takes.Store(int64(10 * time.Millisecond))
		var flood sync.WaitGroup
		var lookedUp atomic.Int64
		for i := range 500 {
			flood.Go(func() {
				got, _ := g.send(fmt.Sprintf("192.0.2.%d:1", i%250), publicKey, fmt.Sprint("wrong", i))
				if got.status == http.StatusUnauthorized {
					lookedUp.Add(1)
				}
			})
		}
		synctest.Wait()
		valid()
		flood.Wait()
		if n := lookedUp.Load(); n == 0 || n > 50 {
			t.Errorf("%d waited, want at most half of the calls", n)
		}
	})
}
