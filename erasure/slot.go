package erasure

import (
	"context"
	"errors"
	"time"
)

// Limited is a [Provider] of which only so many requests may be in progress at once, in all
// processes on a database together. Each process has a share of them, its slots, which the
// [Service] renews with every [Service.Beat].
type Limited interface {
	Provider

	// Concurrency is the number of slots of all processes together, at least 1.
	Concurrency() int

	// SetSlots sets the slots of this process: n until a time, and then none, or n for good
	// if the time is zero. It returns how many are used, which is more than n for a while
	// if n is less than before.
	SetSlots(n int, until time.Time) (used int)

	// Enter waits for a slot, for an attempt that is made with the context it returns, and
	// that ends with leave. It fails if ctx ends or giveUp is closed first.
	Enter(ctx context.Context, giveUp <-chan struct{}) (inside context.Context, leave func(), err error)
}

// SlotStore is the part of a [Store] that divides slots between processes.
type SlotStore interface {
	ShareSlots(ctx context.Context, r SlotRequest) (map[string]int, error)
	LeaveSlots(ctx context.Context, process string) error
}

// SlotRequest asks for the slots of a process, and says that it works.
type SlotRequest struct {
	// Process is an id of the process, and of this run of it.
	Process string
	// Connections are those that the process works on.
	Connections []SlotUse
	// HeartbeatTimeout is how long the slots of a process remain its own that asks no more.
	// It is the same in all processes on a database.
	HeartbeatTimeout time.Duration
}

// SlotUse is what a process has of a connection.
type SlotUse struct {
	Connection string
	// Concurrency is the number of slots of all processes together.
	Concurrency int
	// Held is how many slots the process has or still uses, whichever is more.
	Held int
}

// shareSlots renews the slots of this process.
func (s *Service) shareSlots(ctx context.Context, now time.Time) error {
	// Others take its slots over a whole timeout after the last renewal, so what begins
	// before half of it has as long to end.
	until := now.Add(longGap(s.cfg.HeartbeatTimeout))
	for shrunk := true; shrunk; {
		request := SlotRequest{Process: s.process, HeartbeatTimeout: s.cfg.HeartbeatTimeout}
		for name, w := range s.watches {
			if l, ok := w.provider.(Limited); ok {
				used := l.SetSlots(w.slots, w.slotsUntil)
				request.Connections = append(request.Connections, SlotUse{name, l.Concurrency(), max(w.slots, used)})
			}
		}
		if len(request.Connections) == 0 {
			return nil
		}
		slots, err := s.store.ShareSlots(ctx, request)
		if err != nil {
			return err
		}
		// Slots that are given up reach the others with the next request, so that comes at
		// once.
		shrunk = false
		for name, n := range slots {
			w := s.watches[name]
			if n != w.slots {
				s.cfg.Logger.DebugContext(ctx, "slots changed", "provider", name, "slots", n, "before", w.slots)
			}
			shrunk = shrunk || n < w.slots
			w.slots, w.slotsUntil = n, until
			w.provider.(Limited).SetSlots(n, until)
			w.setSlotless(n == 0)
		}
	}
	return nil
}

var errSlotless = errors.New("other processes have all slots of the connection")

// Enter waits until an attempt at a provider may begin in this process. Make it with the
// context that Enter returns, and call leave after it. It fails if ctx ends or giveUp is
// closed first, and at once while this process has no slot; then the attempt is better left
// to another process.
func (s *Service) Enter(ctx context.Context, provider string, giveUp <-chan struct{}) (inside context.Context, leave func(), err error) {
	if w := s.watches[provider]; w != nil {
		if l, ok := w.provider.(Limited); ok {
			if w.isSlotless() {
				return nil, nil, errSlotless
			}
			return l.Enter(ctx, giveUp)
		}
	}
	return ctx, func() {}, nil
}

func (w *watch) setSlotless(slotless bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.slotless = slotless
}

func (w *watch) isSlotless() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.slotless
}

// Leave gives the slots of this process to the others. Call it once no attempt and no check
// is in progress, and no [Service.Beat] will follow.
func (s *Service) Leave(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	return s.store.LeaveSlots(ctx, s.process)
}
