package server

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"net/netip"
	"sync"
	"time"
)

const (
	// refusalTime is how long a refused request takes, so that the time says nothing
	// about the keys. It is longer than a look-up in a healthy database.
	refusalTime = 25 * time.Millisecond

	// throttleTime is how long a request beyond the rate takes. A flood waits for its
	// responses, so that fewer requests come.
	throttleTime = 2 * time.Second

	// refusalBurst and refusalsPerSecond are how many requests an address may make with
	// wrong keys, before it is throttled. The burst is more than a conformance run needs.
	refusalBurst      = 1000
	refusalsPerSecond = 10

	// rememberRefused is how long keys stay refused that become valid meanwhile.
	rememberRefused = 5 * time.Second
	rememberValid   = 24 * time.Hour

	// maxRemembered bounds each of the guard's tables: about a megabyte.
	maxRemembered = 10_000

	// maxStrangers is how many pairs of keys are looked up at once that have not been
	// valid before. It leaves the rest of a pool of connections to those that have.
	maxStrangers = 4
)

// errThrottled is the cause of a 429 for wrong keys.
var errThrottled = errors.New("too many requests with wrong keys")

// guard keeps wrong keys from an authenticator that takes time. It is safe for concurrent
// use.
type guard struct {
	next      Authenticator
	salt      [sha256.Size]byte
	strangers chan struct{}
	queue     chan struct{} // strangers and those who wait

	mu      sync.Mutex
	refused recent[pairHash, error]
	valid   recent[pairHash, struct{}]
	budgets map[netip.Prefix]*budget
}

// pairHash stands for a pair of keys. With the salt of the process, it is of no use to
// somebody who sees the memory.
type pairHash [sha256.Size]byte

// newGuard returns a guard whose strangers take half of the calls at most. Over HTTP/2, few
// connections could bring enough of them to take all.
func newGuard(next Authenticator, maxCalls int64) *guard {
	g := &guard{
		next:      next,
		strangers: make(chan struct{}, maxStrangers), queue: make(chan struct{}, max(maxCalls/2, maxStrangers)),
		refused: recent[pairHash, error]{}, valid: recent[pairHash, struct{}]{}, budgets: map[netip.Prefix]*budget{},
	}
	_, _ = rand.Read(g.salt[:]) // never fails
	return g
}

// authenticate is that of the authenticator, or returns errThrottled.
func (g *guard) authenticate(ctx context.Context, from netip.Prefix, keys Keys) (Principal, error) {
	pair := g.hash(keys)
	trusted, err := g.judge(from, pair)
	if err != nil {
		return Principal{}, err
	}
	if !trusted {
		leave, err := g.enter(ctx)
		if err != nil {
			return Principal{}, err // what was spent is not given back: a flood waits here
		}
		defer leave()
	}
	principal, err := g.next.Authenticate(ctx, keys)
	g.learn(from, pair, trusted, err)
	return principal, err
}

// enter waits until a stranger may be looked up, or returns errThrottled if too many wait.
func (g *guard) enter(ctx context.Context) (leave func(), err error) {
	select {
	case g.queue <- struct{}{}:
	default:
		return nil, errThrottled
	}
	select {
	case g.strangers <- struct{}{}:
		return func() { <-g.strangers; <-g.queue }, nil
	case <-ctx.Done():
		<-g.queue
		return nil, ctx.Err()
	}
}

// judge returns the error for keys that need no look-up. trusted says that they have been
// valid.
func (g *guard) judge(from netip.Prefix, pair pairHash) (trusted bool, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if _, trusted = g.valid.get(pair, now); trusted {
		return true, nil
	}
	// Spent before the look-up, so that many at once do not exceed the rate.
	if !g.spend(from, now) {
		return false, errThrottled
	}
	refused, _ := g.refused.get(pair, now)
	return false, refused
}

// learn remembers what a look-up showed about keys.
func (g *guard) learn(from netip.Prefix, pair pairHash, trusted bool, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	switch {
	case err == nil:
		g.giveBack(from, trusted)
		g.valid.put(pair, struct{}{}, now.Add(rememberValid))
	case errors.Is(err, ErrInvalidCredentials), errors.Is(err, ErrExpiredCredentials):
		delete(g.valid, pair)
		g.refused.put(pair, err, now.Add(rememberRefused))
	default:
		g.giveBack(from, trusted)
	}
}

// giveBack undoes what judge has spent on keys that were not refused.
func (g *guard) giveBack(from netip.Prefix, trusted bool) {
	if b := g.budgets[from]; b != nil && !trusted {
		b.left = min(b.left+1, refusalBurst)
	}
}

// spend counts a refusal. It reports false if the address has had too many.
func (g *guard) spend(from netip.Prefix, now time.Time) bool {
	b := g.budgets[from]
	if b == nil {
		if len(g.budgets) >= maxRemembered {
			clear(g.budgets) // maxStrangers is the bound for so many addresses
		}
		b = &budget{left: refusalBurst, at: now}
		g.budgets[from] = b
	}
	if b.empty(now) {
		return false
	}
	b.left--
	return true
}

func (g *guard) hash(keys Keys) pairHash {
	public := sha256.Sum256([]byte(keys.PublicAPIKey))
	secret := sha256.Sum256([]byte(keys.PrivateSecretKey))
	text := append(append(g.salt[:len(g.salt):len(g.salt)], public[:]...), secret[:]...)
	return sha256.Sum256(text)
}

// budget is what is left of the refusals of an address.
type budget struct {
	left float64
	at   time.Time
}

func (b *budget) empty(now time.Time) bool {
	b.left = min(b.left+now.Sub(b.at).Seconds()*refusalsPerSecond, refusalBurst)
	b.at = now
	return b.left < 1
}

// recent remembers values for a time, at most maxRemembered of them.
type recent[K comparable, V any] map[K]remembered[V]

type remembered[V any] struct {
	value V
	until time.Time
}

func (r recent[K, V]) get(key K, now time.Time) (value V, ok bool) {
	found, ok := r[key]
	if !ok || !now.Before(found.until) {
		return value, false
	}
	return found.value, true
}

// put remembers a value, and forgets all if there are too many.
func (r recent[K, V]) put(key K, value V, until time.Time) {
	if _, ok := r[key]; !ok && len(r) >= maxRemembered {
		clear(r)
	}
	r[key] = remembered[V]{value, until}
}

// hold waits until the request has taken as long as its response asks, or the client is
// gone.
func (resp response) hold(client context.Context, start time.Time) {
	if resp.holdFor == 0 {
		return
	}
	timer := time.NewTimer(time.Until(start.Add(resp.holdFor)))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-client.Done():
	}
}
