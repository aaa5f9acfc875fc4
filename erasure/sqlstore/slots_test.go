package sqlstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/internal/engines"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// slotsProcess is a process with slots of stripe and adyen.
type slotsProcess struct {
	id    string
	store *sqlstore.Store
	held  int // of stripe
}

// beat asks for slots of stripe, and keeps none that it has to give up.
func (p *slotsProcess) beat(t *testing.T, want int) {
	t.Helper()
	got := p.share(t, p.held)
	p.held = got["stripe"]
	if got["stripe"] != want || got["adyen"] != 1 && got["adyen"] != 0 {
		t.Errorf("%s: got %v, want %d of stripe", p.id, got, want)
	}
}

func (p *slotsProcess) share(t *testing.T, held int) map[string]int {
	t.Helper()
	slots, err := p.store.ShareSlots(t.Context(), erasure.SlotRequest{
		Process: p.id, HeartbeatTimeout: time.Hour,
		Connections: []erasure.SlotUse{{Connection: "stripe", Concurrency: 5, Held: held}, {Connection: "adyen", Concurrency: 1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return slots
}

func (p *slotsProcess) leave(t *testing.T) {
	t.Helper()
	if err := p.store.LeaveSlots(t.Context(), p.id); err != nil {
		t.Fatal(err)
	}
	p.held = 0
}

func TestShareSlots(t *testing.T) {
	t.Parallel()
	store := engines.New(t, "PostgreSQL")
	a, b, c := &slotsProcess{id: "a", store: store}, &slotsProcess{id: "b", store: store}, &slotsProcess{id: "c", store: store}
	a.beat(t, 5)
	b.beat(t, 0) // until the other one has given some up
	a.beat(t, 3)
	b.beat(t, 0) // a has just been told
	a.beat(t, 3)
	b.beat(t, 2)
	c.beat(t, 0)
	a.beat(t, 2)
	b.beat(t, 2)
	a.beat(t, 2)
	c.beat(t, 1)

	b.leave(t)
	c.beat(t, 2)
	a.beat(t, 3)

	// Those that still use more than they have keep it for as long.
	b.beat(t, 0)
	a.share(t, 3)
	c.share(t, 2)
	a.share(t, 3)
	b.beat(t, 0)
	a.share(t, 2)
	c.share(t, 1)
	b.beat(t, 2)

	silence := func(process string, by time.Duration) {
		t.Helper()
		_, err := store.DB().ExecContext(t.Context(), `UPDATE slots SET seen_at = seen_at - $2 WHERE process = $1`, process, by.Microseconds())
		if err != nil {
			t.Fatal(err)
		}
	}
	silence("a", 50*time.Minute)
	b.beat(t, 2)
	silence("a", 11*time.Minute)
	b.beat(t, 3)
	// After the clock was set back, one that is gone does not count for as long.
	silence("c", -2*time.Hour)
	b.beat(t, 5)
}

// On SQLite one process works at a time: the next one has everything at once.
func TestShareSlotsOfOneProcess(t *testing.T) {
	t.Parallel()
	store := engines.New(t, "SQLite")
	for i := range 3 {
		p := &slotsProcess{id: fmt.Sprintf("p%d", 9-i), store: store}
		p.beat(t, 5)
		p.beat(t, 5)
	}
}

// However processes come and go, they never hold more than there are.
func TestSlotsAreNeverTooMany(t *testing.T) {
	t.Parallel()
	store := engines.New(t, "PostgreSQL")
	var all sync.WaitGroup
	var mu sync.Mutex
	used := 0
	use := func(n int) {
		mu.Lock()
		defer mu.Unlock()
		if used += n; used > 5 {
			t.Errorf("%d slots are used", used)
		}
	}
	for i := range 4 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(i)))
			for run := range 10 {
				p := &slotsProcess{id: fmt.Sprintf("%d-%d", random.IntN(10), 10*i+run), store: store}
				for range 10 {
					n := p.share(t, p.held)["stripe"]
					use(n - p.held)
					p.held = n
				}
				use(-p.held)
				p.leave(t)
			}
		})
	}
	all.Wait()
	if n := (&slotsProcess{id: "last", store: store}).share(t, 0)["stripe"]; n != 5 {
		t.Errorf("%d are left, want all", n)
	}
}

func TestShareSlotsRejects(t *testing.T) {
	t.Parallel()
	good := erasure.SlotRequest{Process: "a", HeartbeatTimeout: time.Minute, Connections: []erasure.SlotUse{{Connection: "stripe", Concurrency: 1}}}
	with := func(change func(*erasure.SlotRequest)) erasure.SlotRequest {
		r := good
		r.Connections = []erasure.SlotUse{good.Connections[0]}
		change(&r)
		return r
	}
	store := engines.New(t, "SQLite")
	for name, r := range map[string]erasure.SlotRequest{
		"NoProcess":     with(func(r *erasure.SlotRequest) { r.Process = "" }),
		"StrangeName":   with(func(r *erasure.SlotRequest) { r.Process = "a\x00" }),
		"NoTimeout":     with(func(r *erasure.SlotRequest) { r.HeartbeatTimeout = 0 }),
		"NoConcurrency": with(func(r *erasure.SlotRequest) { r.Connections[0].Concurrency = 0 }),
		"NegativeHeld":  with(func(r *erasure.SlotRequest) { r.Connections[0].Held = -1 }),
		"StrangePlace":  with(func(r *erasure.SlotRequest) { r.Connections[0].Connection = "\xff" }),
	} {
		if slots, err := store.ShareSlots(t.Context(), r); err == nil {
			t.Errorf("%s: got %v", name, slots)
		}
	}
	if _, err := store.ShareSlots(t.Context(), good); err != nil {
		t.Error(err)
	}
	if err := store.LeaveSlots(context.Background(), "unknown"); err != nil {
		t.Error(err)
	}
}
