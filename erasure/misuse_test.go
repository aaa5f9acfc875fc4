package erasure

import (
	"math"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/internal/misuse"
	"github.com/yuno-community/yuno-customers/server"
)

// Values that make no sense are errors of NewService.
func TestMisuse(t *testing.T) {
	t.Parallel()
	of := func(store Store, enqueue EnqueueFunc, providers []Provider, cfg Config) func() error {
		return func() error { _, err := NewService(store, enqueue, providers, cfg); return err }
	}
	with := func(cfg Config) func() error { return of(&stubStore{}, noQueue, nil, cfg) }
	const longest = math.MaxInt64
	cases := []misuse.Case{
		{Of: "NewService", Value: "nil store", Use: of(nil, noQueue, nil, Config{}), Want: "the store is nil"},
		{Of: "NewService", Value: "typed nil store", Use: of((*stubStore)(nil), noQueue, nil, Config{}), Want: "the store is nil"},
		{Of: "NewService", Value: "no queue", Use: of(&stubStore{}, nil, nil, Config{}), Want: "enqueue is nil"},
		{Of: "NewService", Value: "nil provider", Use: of(&stubStore{}, noQueue, []Provider{nil}, Config{}), Want: "provider 0 is nil"},
		{Of: "NewService", Value: "typed nil provider", Use: of(&stubStore{}, noQueue, []Provider{stubProvider(nil)}, Config{}), Want: "provider 0 is nil"},
		{Of: "NewService", Value: "zero config", Use: with(Config{})},
		{Of: "NewSteadiness", Value: "negative", Use: func() error {
			if s := NewSteadiness(-1); s.Steady(now) {
				t.Error("it is steady")
			}
			return nil
		}},
		{Of: "Config.MinBackoff", Value: "longer than MaxBackoff", Use: with(Config{MinBackoff: 2, MaxBackoff: 1}), Want: "MinBackoff is 2ns: want no more than MaxBackoff"},
		{Of: "Config.MinBackoff", Value: "longer than the default of MaxBackoff", Use: with(Config{MinBackoff: 12 * time.Hour})},
		{Of: "Config.MaxBackoff", Value: "shorter than the default of MinBackoff", Use: with(Config{MaxBackoff: time.Second})},
		{Of: "Config.PauseAfter", Value: "negative", Use: with(Config{PauseAfter: -1}), Want: "PauseAfter is -1"},
		{Of: "Config.HeartbeatTimeout", Value: "short", Use: with(Config{HeartbeatTimeout: 1}), Want: "HeartbeatTimeout is 1ns"},
		{Of: "Config.HeartbeatTimeout", Value: "longest", Use: with(Config{HeartbeatTimeout: longest}), Want: "HeartbeatTimeout is"},
	}
	for name, set := range map[string]func(*Config, time.Duration){
		"Deadline":       func(c *Config, d time.Duration) { c.Deadline = d },
		"AttemptTimeout": func(c *Config, d time.Duration) { c.AttemptTimeout = d },
		"MinBackoff":     func(c *Config, d time.Duration) { c.MinBackoff = d },
		"MaxBackoff":     func(c *Config, d time.Duration) { c.MaxBackoff = d },
		"PersonAfter":    func(c *Config, d time.Duration) { c.PersonAfter = d },
		"KeepReferences": func(c *Config, d time.Duration) { c.KeepReferences = d },
		"CheckEvery":     func(c *Config, d time.Duration) { c.CheckEvery = d },
	} {
		for value, d := range map[string]time.Duration{"negative": -1, "longest": longest} {
			if name == "MinBackoff" && d > 0 {
				continue // MaxBackoff has to be as long
			}
			cfg := Config{}
			set(&cfg, d)
			cases = append(cases, misuse.Case{Of: "Config." + name, Value: value, Use: with(cfg), Want: name + " is "})
		}
	}
	misuse.Check(t, cases, map[string]string{
		"Config.Now": "nil is the default", "Config.Logger": "nil is the default", "Config.Observe": "nil is the default", "Config.Ended": "nil is the default",
	})
	if _, err := (Authenticator{}).Authenticate(t.Context(), server.Keys{}); err == nil {
		t.Error("an authenticator without accounts accepts keys")
	}
	s, err := NewService(&stubStore{}, noQueue, nil, Config{MinBackoff: maxDuration, MaxBackoff: maxDuration})
	if err != nil {
		t.Fatal(err)
	}
	if wait := s.backoff(30_000); wait < maxDuration/5*4 {
		t.Errorf("the longest wait is %v", wait)
	}
}
