package ops

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// attempts limits the logins that fail. A credential has 130 random bits and cannot be
// guessed: the limit keeps guesses out of the log and away from the database.
type attempts struct {
	now func() time.Time

	mu       sync.Mutex
	byClient map[string]*rate.Limiter
}

// maxClients bounds the memory of attempts. Beyond it, all are forgotten.
const maxClients = 10_000

func newAttempts(now func() time.Time) *attempts {
	return &attempts{now: now, byClient: map[string]*rate.Limiter{}}
}

// wait returns how long a client has to wait until it may try, or 0.
func (a *attempts) wait(client string) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	limiter := a.byClient[client]
	if limiter == nil {
		return 0
	}
	missing := 1 - limiter.TokensAt(a.now())
	if missing <= 0 {
		return 0
	}
	return time.Duration(missing * float64(attemptEvery))
}

// failed counts a login that failed.
func (a *attempts) failed(client string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	limiter := a.byClient[client]
	if limiter == nil {
		if len(a.byClient) >= maxClients {
			clear(a.byClient)
		}
		limiter = rate.NewLimiter(rate.Every(attemptEvery), attemptsAtOnce)
		a.byClient[client] = limiter
	}
	limiter.AllowN(a.now(), 1)
}
