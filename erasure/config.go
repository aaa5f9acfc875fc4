package erasure

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// maxDuration bounds every duration of a [Config]. Beyond it, sums and multiples overflow.
const maxDuration = 100 * 365 * 24 * time.Hour

// Config adjusts a [Service]. Its zero value is ready to use. No duration may be longer
// than 100 years.
type Config struct {
	// Deadline is how long an erasure may take before its open targets fail.
	// Raise it if your law allows longer. Defaults to 30 days.
	Deadline time.Duration

	// AttemptTimeout limits one attempt at a provider, including all its calls. It
	// must stay below the queue's job timeout. Defaults to 40 s.
	AttemptTimeout time.Duration

	// MinBackoff is the wait after the first attempt. It doubles with each further
	// attempt. Defaults to 15 s, or MaxBackoff if that is shorter.
	MinBackoff time.Duration

	// MaxBackoff caps the wait between two attempts, and is no shorter than MinBackoff.
	// Defaults to 6 h, or MinBackoff if that is longer.
	MaxBackoff time.Duration

	// PersonAfter is how long a doubt about a target may last before a person has to
	// act: see [Concern]. Defaults to 24 h.
	PersonAfter time.Duration

	// KeepReferences is how long the references of a target that ended well are kept,
	// sealed, so that an operator can reopen it. Defaults to 0: they are destroyed at
	// once.
	KeepReferences time.Duration

	// CheckEvery is how often a connection is checked while it has work or is paused.
	// Defaults to 5 min.
	CheckEvery time.Duration

	// PauseAfter is the number of outcomes in a row by which a connection only refuses,
	// and after which it is paused. Defaults to 20.
	PauseAfter int

	// HeartbeatTimeout is how long a process that says nothing counts as working on its
	// connections; see [Service.Beat]. It is the same in all processes on a database and in
	// their queues. At least [MinHeartbeatTimeout], and shorter than the default only in
	// tests. Defaults to [DefaultHeartbeatTimeout].
	HeartbeatTimeout time.Duration

	// Now is the clock, for tests. Defaults to time.Now.
	Now func() time.Time

	// Logger receives one line per outcome, with opaque ids only. Defaults to no log.
	Logger *slog.Logger

	// Observe, if set, is called with every attempt once it is over, for metrics and
	// traces. It must be safe for concurrent use and return at once: the target's job waits
	// for it.
	Observe func(ctx context.Context, a AttemptReport)

	// Ended, if set, is called likewise with every erasure that a delete or an attempt of
	// this process has ended.
	Ended func(ctx context.Context, e EndedErasure)
}

func (c Config) withDefaults() Config {
	if c.Deadline == 0 {
		c.Deadline = 30 * 24 * time.Hour
	}
	if c.AttemptTimeout == 0 {
		c.AttemptTimeout = 40 * time.Second
	}
	if c.MinBackoff == 0 {
		c.MinBackoff = 15 * time.Second
		if c.MaxBackoff > 0 {
			c.MinBackoff = min(c.MinBackoff, c.MaxBackoff)
		}
	}
	if c.MaxBackoff == 0 {
		c.MaxBackoff = max(6*time.Hour, c.MinBackoff)
	}
	if c.PersonAfter == 0 {
		c.PersonAfter = 24 * time.Hour
	}
	if c.CheckEvery == 0 {
		c.CheckEvery = 5 * time.Minute
	}
	if c.PauseAfter == 0 {
		c.PauseAfter = 20
	}
	if c.HeartbeatTimeout == 0 {
		c.HeartbeatTimeout = DefaultHeartbeatTimeout
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Observe == nil {
		c.Observe = func(context.Context, AttemptReport) {}
	}
	if c.Ended == nil {
		c.Ended = func(context.Context, EndedErasure) {}
	}
	return c
}

func (c Config) validate() error {
	var errs []error
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"Deadline", c.Deadline},
		{"AttemptTimeout", c.AttemptTimeout},
		{"MinBackoff", c.MinBackoff},
		{"MaxBackoff", c.MaxBackoff},
		{"PersonAfter", c.PersonAfter},
		{"CheckEvery", c.CheckEvery},
	} {
		if d.value <= 0 || d.value > maxDuration {
			errs = append(errs, fmt.Errorf("%s is %v: want a positive duration of at most 100 years", d.name, d.value))
		}
	}
	if c.MaxBackoff > 0 && c.MinBackoff > c.MaxBackoff {
		errs = append(errs, fmt.Errorf("MinBackoff is %v: want no more than MaxBackoff, which is %v", c.MinBackoff, c.MaxBackoff))
	}
	if c.KeepReferences < 0 || c.KeepReferences > maxDuration {
		errs = append(errs, fmt.Errorf("KeepReferences is %v: want 0 to 100 years", c.KeepReferences))
	}
	if c.HeartbeatTimeout < MinHeartbeatTimeout || c.HeartbeatTimeout > maxDuration {
		errs = append(errs, fmt.Errorf("HeartbeatTimeout is %v: want %v or more, and at most 100 years", c.HeartbeatTimeout, MinHeartbeatTimeout))
	}
	if c.PauseAfter < 1 {
		errs = append(errs, fmt.Errorf("PauseAfter is %d: want 1 or more", c.PauseAfter))
	}
	return errors.Join(errs...)
}
