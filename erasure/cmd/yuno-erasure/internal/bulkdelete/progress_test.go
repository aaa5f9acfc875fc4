package bulkdelete

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/screen"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
)

// watch runs a progress of 10 ids without a terminal, in a time of its own that begins at
// midnight UTC, and returns what it printed.
func watch(t *testing.T, quiet bool, during func(p *progress, pace *bulk.Pace)) string {
	t.Helper()
	var out testbinary.Output
	synctest.Test(t, func(*testing.T) {
		pace := bulk.NewPace(0)
		p := newProgress(&out, 10, quiet, pace, func(bulk.Result) string { return "is it up?" })
		during(p, pace)
		p.stop()
	})
	return out.String()
}

func TestProgressLines(t *testing.T) {
	t.Parallel()
	got := watch(t, false, func(p *progress, _ *bulk.Pace) {
		p.observe(bulk.Result{Outcome: bulk.Accepted})
		p.observe(bulk.Result{Outcome: bulk.Failed})
		p.observe(bulk.Result{Outcome: bulk.Invalid}) // was not sent
		time.Sleep(9 * time.Second)
		p.observe(bulk.Result{Outcome: bulk.MaybeDeleted})
		time.Sleep(12 * time.Second)
	})
	const want = "3 of 10, 2 failed\n3 of 10, 2 failed, no response for 11 s (each request ends after 30 s)\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got := watch(t, true, func(p *progress, _ *bulk.Pace) {
		p.waiting(bulk.Wait{Since: time.Now()})
		time.Sleep(time.Minute)
	}); got != "" {
		t.Errorf("--quiet: %q", got)
	}
}

// The lines say what the run waits for and until when, and who asked for it.
func TestProgressWaits(t *testing.T) {
	t.Parallel()
	got := watch(t, false, func(p *progress, pace *bulk.Pace) {
		pace.Throttled(15 * time.Second)
		time.Sleep(17 * time.Second)
	})
	if want := "waiting until " + clock(time.Date(2000, 1, 1, 0, 0, 15, 0, time.UTC)) + " (5 s), as the service asks\n"; !strings.Contains(got, want) {
		t.Errorf("Retry-After: got\n%swant %s", got, want)
	}

	got = watch(t, false, func(p *progress, _ *bulk.Pace) {
		now := time.Now()
		refused := bulk.Result{Outcome: bulk.Failed, Code: "connection_refused"}
		w := bulk.Wait{Cause: refused, Since: now, Probe: now.Add(8 * time.Second), GiveUp: now.Add(15 * time.Minute)}
		p.waiting(w)
		time.Sleep(8 * time.Second)
		w.Probe = now.Add(24 * time.Second)
		p.waiting(w) // the probe failed
		time.Sleep(16 * time.Second)
		p.waiting(bulk.Wait{})
		time.Sleep(time.Second)
	})
	at := func(s int) string { return clock(time.Date(2000, 1, 1, 0, 0, s, 0, time.UTC)) }
	want := "Waiting: connection_refused (is it up?). The next try is at " + at(8) + "; the run gives up waiting at " + at(900) + ".\n" +
		"0 of 10, 0 failed, waiting, next try at " + at(24) + " (14 s): connection_refused\n" +
		"0 of 10, 0 failed, waiting, next try at " + at(24) + " (4 s): connection_refused\n" +
		"Going on after 24 s.\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestProgressOnATerminal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newProgress(nil, 200, true, bulk.NewPace(0), nil)
		line := func() string { return strings.Join(p.parts(screen.View{Now: time.Now(), Terminal: true}), ", ") }
		if got, want := line(), "0/200 [                    ] 0%, 0 failed, 0 ids/s"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		for range 50 {
			time.Sleep(20 * time.Millisecond)
			p.observe(bulk.Result{Outcome: bulk.Accepted})
		}
		if got, want := line(), "50/200 [=====               ] 25%, 0 failed, 50 ids/s, 3 s left"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		time.Sleep(6 * time.Second)
		if got, want := line(), "no response for 6 s (each request ends after 30 s), 50/200, 0 failed"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}
