package erasure

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// recheckAfter is the shortest time between two checks of a connection, however often
// its responses give a reason for one.
const recheckAfter = 30 * time.Second

// maxPause bounds the wait before a passing check ends a pause.
const maxPause = 6 * time.Hour

// ConnectionStore is the part of a [Store] with what all processes know of the connections:
// which are paused, which work, and what their pauses have kept waiting.
type ConnectionStore interface {
	SeeConnections(ctx context.Context, names []string, at time.Time) error
	Connections(ctx context.Context) ([]ConnectionState, error)
	Working(ctx context.Context) (map[string]bool, error)
	PauseConnection(ctx context.Context, r PauseRequest) (bool, error)
	ResumeConnection(ctx context.Context, r ResumeRequest, enqueue EnqueueFunc) ([]Job, bool, error)
	TrustConnection(ctx context.Context, name string) error
	Hurry(ctx context.Context, provider string, before, at time.Time, enqueue EnqueueFunc) (int, error)
	Recover(ctx context.Context, r Recovery, enqueue EnqueueFunc) ([]Job, error)
}

// watch follows one configured connection in this process. A connection that only
// refuses is paused, and a check that passes resumes it. A connection without a check
// that decides is resumed on trial, after a pause that becomes longer each time.
type watch struct {
	provider Provider

	// What this process has if the provider is Limited; used by Beat only.
	slots      int
	slotsUntil time.Time

	mu        sync.Mutex
	slotless  bool            // other processes have all slots of a Limited provider
	state     ConnectionState // as last read
	refusals  int             // in a row, without a success between
	checking  bool
	noCheck   bool      // the provider has none
	onTrial   bool      // resumed without a check: one refusal pauses again
	checkedAt time.Time // the start of the last check
	nextCheck time.Time
	provenAt  time.Time // since when every check has passed; zero if the last one did not
	workedAt  time.Time // the last deletion, until a beat has used it; zero after a refusal
	usedAt    time.Time // the last deletion that a beat has used; zero after a refusal
}

// refuses reports whether an outcome is a refusal of the connection as a whole, as far
// as one response can tell.
func refuses(o Outcome) bool {
	switch o.Reason {
	case ReasonKeyRefused, ReasonNotFoundUnproven, ReasonNotFoundUnconfirmed,
		ReasonUnexpectedAnswer, ReasonUnexpectedStatus, ReasonAnswerTooLarge:
		return o.Kind == OutcomeActionRequired || o.Kind == OutcomeRetry
	}
	return false
}

// observe takes note of an outcome. It reports whether the connection only refuses, and
// whether it can be trusted again after a pause.
func (w *watch) observe(o Outcome, now time.Time, pauseAfter int) (pause, trust bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case refuses(o):
		w.refusals++
		w.workedAt, w.usedAt = time.Time{}, time.Time{}
		if o.Reason == ReasonKeyRefused || o.Reason == ReasonNotFoundUnproven {
			w.nextCheck = earlier(w.nextCheck, later(now, w.checkedAt.Add(recheckAfter)))
		}
		if (w.refusals >= pauseAfter || w.onTrial) && !w.state.Paused() {
			w.refusals, w.onTrial = 0, false
			return true, false
		}
	case o.Kind == OutcomeSucceeded || o.Kind == OutcomeAlreadyGone:
		w.refusals, w.onTrial, w.workedAt = 0, false, now
		trust = w.state.Pauses > 0
		w.state.Pauses = 0
	case o.Status != 0: // some other response: the refusals are not in a row
		w.refusals = 0
	}
	return false, trust
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// update replaces the state by the one in the database, and reports whether the
// connection was paused or resumed since the last time.
func (w *watch) update(state ConnectionState) (changed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	changed = w.state.Paused() != state.Paused()
	if changed {
		w.refusals = 0
	}
	w.state = state
	return changed
}

// due reports whether a check is due, and begins one if the connection is paused, has
// work, or was never checked.
func (w *watch) due(now time.Time, every time.Duration, hasWork func() bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.checking || (w.noCheck && !w.state.Paused()) || now.Before(w.nextCheck) {
		return false
	}
	w.nextCheck = now.Add(every)
	if !w.checkedAt.IsZero() && !w.state.Paused() && !hasWork() {
		return false
	}
	w.checking, w.checkedAt = true, now
	return true
}

// checked takes note of the result of a check. It reports whether the check has refuted
// the connection, or ends its pause.
func (w *watch) checked(o Outcome, now time.Time, every time.Duration) (refuted, resume bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.checking = false
	if o.Kind != OutcomeSucceeded {
		w.provenAt = time.Time{}
	}
	switch o.Kind {
	case OutcomeSucceeded:
		if w.provenAt.IsZero() {
			w.provenAt = now
		}
		return false, w.over(now, pauseFor(w.state.Pauses, every))
	case OutcomeActionRequired:
		return !w.state.Paused(), false
	case OutcomeNotSupported:
		w.noCheck = true
	}
	if !decides(o) && w.over(now, pauseFor(w.state.Pauses+1, every)) {
		// The next target takes the place of the check, whenever it comes.
		w.onTrial = true
		return false, true
	}
	return false, false
}

// decides reports whether a check can tell that a connection works. Some providers have
// none, and some respond to it only that they will not tell.
func decides(o Outcome) bool {
	willNotTell := o.Kind == OutcomeRetry && !refuses(o) && (o.Status == http.StatusForbidden || (o.Status >= 200 && o.Status < 300))
	return o.Kind != OutcomeNotSupported && !willNotTell
}

// over reports whether an automatic pause has lasted for a time.
func (w *watch) over(now time.Time, length time.Duration) bool {
	return w.state.Paused() && !w.state.ByHand && !now.Before(w.state.PausedAt.Add(length))
}

// pauseFor is how long a pause lasts at least, although the check passes. The first may
// end at once. If the connection goes on to refuse, its check does not test what
// matters, and the pauses become longer.
func pauseFor(pauses int, every time.Duration) time.Duration {
	if pauses <= 1 {
		return 0
	}
	wait := every
	for range pauses - 2 {
		if wait >= maxPause {
			break
		}
		wait *= 2
	}
	return min(wait, maxPause)
}

func (w *watch) provenSince() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.provenAt
}

// observe takes note of an outcome and pauses a connection that only refuses.
func (s *Service) observe(ctx context.Context, name string, o Outcome) {
	w := s.watches[name]
	if w == nil {
		return
	}
	pause, trust := w.observe(o, s.cfg.Now(), s.cfg.PauseAfter)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	var err error
	switch {
	case pause:
		err = s.pause(ctx, name, o.Reason)
	case trust:
		err = s.store.TrustConnection(ctx, name)
	}
	if err != nil {
		s.cfg.Logger.WarnContext(ctx, "a connection's state was not recorded", "provider", name, "err", err)
	}
}

func (s *Service) pause(ctx context.Context, name, reason string) error {
	_, err := s.store.PauseConnection(ctx, PauseRequest{Name: name, At: s.cfg.Now(), Reason: reason})
	if err != nil {
		return err
	}
	return s.readConnections(ctx)
}

// readConnections reads the state of all connections and logs what has changed.
func (s *Service) readConnections(ctx context.Context) error {
	states, err := s.store.Connections(ctx)
	if err != nil {
		return err
	}
	for _, state := range states {
		w := s.watches[state.Name]
		if w == nil || !w.update(state) {
			continue
		}
		if state.Paused() {
			s.cfg.Logger.WarnContext(ctx, "connection paused: nothing is sent to it but its check",
				"provider", state.Name, "reason", state.Reason, "by_hand", state.ByHand)
		} else {
			s.cfg.Logger.WarnContext(ctx, "connection resumed", "provider", state.Name)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connections = states
	return nil
}

// Beat says that this process works on its connections, renews its slots at those that are
// [Limited], and starts the checks that are due. The queue calls it every few seconds while
// it runs, and [Service.Leave] in the end. again must bring forward
// jobs that exist already. spawn runs a function on another goroutine; the function ends
// soon after ctx has.
//
// It returns what is known of all connections, or an error if the database has not responded
// for [BeatLimit].
func (s *Service) Beat(ctx context.Context, again EnqueueFunc, spawn func(func())) ([]ConnectionState, error) {
	now := s.cfg.Now()
	// A database that does not respond would otherwise silence this process for good.
	short, cancel := context.WithTimeout(ctx, BeatLimit(s.cfg.HeartbeatTimeout))
	defer cancel()
	if err := s.see(short, now); err != nil {
		return nil, err
	}
	if err := s.shareSlots(short, now); err != nil {
		return nil, err
	}
	if err := s.readConnections(short); err != nil {
		return nil, err
	}
	working := sync.OnceValues(func() (map[string]bool, error) { return s.store.Working(short) })
	for name, w := range s.watches {
		hasWork := func() bool {
			names, err := working()
			return err != nil || names[name] // in doubt, check
		}
		if w.mayAsk() && w.due(now, s.cfg.CheckEvery, hasWork) {
			spawn(func() { s.check(ctx, w, again) })
		}
		if at := w.worked(s.cfg.CheckEvery); !at.IsZero() {
			spawn(func() { s.takeBack(ctx, Recovery{Name: name, Proven: at, Account: true}, again) })
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections, nil
}

// mayAsk reports whether this process may send anything to the provider. If not, the
// others check it.
func (w *watch) mayAsk() bool {
	_, limited := w.provider.(Limited)
	return !limited || w.slots > 0
}

// see says that this process works on its connections, unless it has said so just now.
func (s *Service) see(ctx context.Context, now time.Time) error {
	now = now.Round(0) // the monotonic clock stops while the machine sleeps
	s.mu.Lock()
	gap := now.Sub(s.seenAt)
	s.mu.Unlock()
	if gap >= 0 && gap < sayEvery(s.cfg.HeartbeatTimeout) {
		return nil
	}
	if err := s.store.SeeConnections(ctx, s.Providers(), now); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.steadiness.Heard(now)
	s.seenAt = now
	return nil
}

// steady reports whether a connection that no process has said it works on has none.
func (s *Service) steady(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.steadiness.Steady(now)
}

// Providers returns the names of the configured providers, in any order.
func (s *Service) Providers() []string {
	return slices.Collect(maps.Keys(s.watches))
}

// check checks a connection, and pauses or resumes it by the result.
func (s *Service) check(ctx context.Context, w *watch, again EnqueueFunc) {
	o := s.askCheck(ctx, w.provider)
	now := s.cfg.Now()
	if ctx.Err() != nil {
		o = Outcome{Kind: OutcomeRetry} // this process stops
	}
	refuted, resume := w.checked(o, now, s.cfg.CheckEvery)
	if ctx.Err() != nil {
		return
	}
	name := w.provider.Name()
	var err error
	switch {
	case refuted:
		err = s.pause(ctx, name, o.Reason)
	case resume:
		var jobs []Job
		jobs, _, err = s.store.ResumeConnection(ctx, ResumeRequest{Name: name, At: now}, again)
		s.logTakenBack(ctx, name, jobs)
	}
	if proven := w.provenSince(); err == nil && !proven.IsZero() {
		_, err = s.store.Hurry(ctx, name, proven, now, again)
		s.takeBack(ctx, Recovery{Name: name, Proven: now, Account: o.Reason != ReasonAccountNotShown}, again)
	}
	if err != nil {
		s.cfg.Logger.WarnContext(ctx, "a check's result was not recorded", "provider", name, "err", err)
	}
}

// askCheck returns every failure as an outcome.
func (s *Service) askCheck(ctx context.Context, p Provider) (o Outcome) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.AttemptTimeout)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			s.cfg.Logger.ErrorContext(ctx, "a check panicked", "provider", p.Name(), "panic", fmt.Sprintf("%T", r))
			o = Outcome{Kind: OutcomeRetry, Reason: "panic"}
		}
	}()
	return p.Check(ctx)
}
