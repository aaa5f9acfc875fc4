package erasure

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

const (
	minKeyWait = time.Second
	maxKeyWait = 5 * time.Minute
	// maxRetryAfter limits what a client is told: the process may get the key any moment.
	maxRetryAfter = 30 * time.Second
)

// keyWaits are the master keys that this process lacks. Its zero value is ready to use,
// by any number of goroutines.
type keyWaits struct {
	mu    sync.Mutex
	waits map[string]*keyWait // by id of the key
}

type keyWait struct{ since, last time.Time }

// next returns how long to wait for a key, and whether that is news. The wait grows with
// the time for which the key has been missing: half of it, at most five minutes, and a
// random part less. A key that nobody missed for longer than that was there meanwhile.
func (k *keyWaits) next(key string, now time.Time) (wait time.Duration, first bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	known := k.waits[key]
	if known == nil || now.Sub(known.last) > 2*maxKeyWait {
		if k.waits == nil {
			k.waits = map[string]*keyWait{}
		}
		known, first = &keyWait{since: now}, true
		k.waits[key] = known
	}
	known.last = now
	wait = min(max(now.Sub(known.since)/2, minKeyWait), maxKeyWait)
	return wait - rand.N(wait/2), first
}

// waitForKey returns when to try again what needs a key that this process lacks. It logs
// each key once.
func (s *Service) waitForKey(ctx context.Context, missing *KeyMissingError) time.Time {
	now := s.cfg.Now()
	wait, first := s.keyWaits.next(missing.Key, now)
	if first {
		s.cfg.Logger.WarnContext(ctx, "a master key is missing: what needs it waits", "key", missing.Key, "try", missing.Advice)
	}
	return now.Add(wait)
}

// waitingForKey is the response to a delete that needs a master key which this process
// lacks: 503, because another process may have it, and this one may get it.
type waitingForKey struct{ retryAfter time.Duration }

// VisitDeleteCustomerResponse implements [api.DeleteCustomerResponseObject].
func (r waitingForKey) VisitDeleteCustomerResponse(w http.ResponseWriter) error {
	seconds := int((r.retryAfter + time.Second - 1) / time.Second)
	w.Header().Set("Retry-After", strconv.Itoa(max(seconds, 1)))
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusServiceUnavailable)
	return json.NewEncoder(w).Encode(map[string]any{
		"code": wire.CodeServiceUnavailable, "messages": []string{"This server waits for a master key. Try again."},
	})
}

var _ api.DeleteCustomerResponseObject = waitingForKey{}
