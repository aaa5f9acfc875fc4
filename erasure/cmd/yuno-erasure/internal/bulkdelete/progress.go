package bulkdelete

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/screen"
)

const (
	// silence is how long nobody responds before the screen says so.
	silence = 5 * time.Second
	// attemptTimeout is after how long the client gives up a request; see
	// client.WithAttemptTimeout.
	attemptTimeout = 30 * time.Second
	// speedPeriod is how far back the speed that is shown goes.
	speedPeriod = 5 * time.Second
)

// progress shows how a run proceeds, what it waits for, and until when. It is safe for
// concurrent use.
type progress struct {
	out    io.Writer
	status *screen.Status // nil: show nothing
	pace   *bulk.Pace
	hint   func(bulk.Result) string
	total  int

	mu      sync.Mutex // not held while something is written: results do not wait for a terminal
	done    int
	failed  int
	latest  time.Time // when the latest response arrived, or the run began to send
	wait    bulk.Wait // zero: the run sends
	samples []sample  // of the last speedPeriod
}

// sample is how many ids were done at a time.
type sample struct {
	at   time.Time
	done int
}

// newProgress begins to show the progress of a run that has total ids to send. hint says
// what to do about a result.
func newProgress(w io.Writer, total int, quiet bool, pace *bulk.Pace, hint func(bulk.Result) string) *progress {
	now := time.Now()
	p := &progress{out: w, pace: pace, hint: hint, total: total, latest: now, samples: []sample{{now, 0}}}
	if !quiet && total > 0 {
		p.status = screen.Start(w, p.parts)
	}
	return p
}

// observe counts a result.
func (p *progress) observe(r bulk.Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.Outcome == bulk.Invalid {
		return
	}
	p.done++
	p.latest = time.Now()
	if r.Outcome == bulk.Failed || r.Unsettled() {
		p.failed++
	}
}

// waiting notes that the run waits, or goes on. It prints a line when that begins and
// when it ends: what comes between is in the status line.
func (p *progress) waiting(w bulk.Wait) {
	p.mu.Lock()
	before := p.wait
	p.wait, p.latest = w, time.Now()
	p.mu.Unlock()
	switch began, ended := before.Since.IsZero() && !w.Since.IsZero(), !before.Since.IsZero() && w.Since.IsZero(); {
	case began:
		p.print(waitText(w, p.hint(w.Cause)))
	case ended:
		p.print(fmt.Sprintf("Going on after %s.", seconds(time.Since(before.Since))))
	}
}

// waitText says why the run waits, and until when.
func waitText(w bulk.Wait, hint string) string {
	text := "Waiting: " + causeName(w.Cause)
	if hint != "" {
		text += " (" + hint + ")"
	}
	text += ". The next try is at " + clock(w.Probe)
	if !w.GiveUp.IsZero() {
		text += "; the run gives up waiting at " + clock(w.GiveUp)
	}
	return text + "."
}

func causeName(r bulk.Result) string {
	return cause{Outcome: r.Outcome, Status: r.Status, Code: r.Code}.name()
}

// parts are those of the status line.
func (p *progress) parts(v screen.View) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	done := p.done
	failed := fmt.Sprintf("%d failed", p.failed)
	waits := p.waitsFor(v.Now)
	limit := ""
	if perSecond, limited := p.pace.Rate(); limited {
		limit = fmt.Sprintf("at most %.3g per second", perSecond)
	}
	if !v.Terminal {
		return present(fmt.Sprintf("%d of %d", done, p.total), failed, limit, waits)
	}
	speed := p.speed(v.Now)
	left := ""
	if remaining := p.total - done; speed > 0 && remaining > 0 && waits == "" {
		left = seconds(time.Duration(float64(remaining)/speed*float64(time.Second))) + " left"
	}
	count := fmt.Sprintf("%d/%d %s %d%%", done, p.total, bar(done, p.total), 100*done/max(p.total, 1))
	if waits != "" { // more important than a bar
		return present(waits, fmt.Sprintf("%d/%d", done, p.total), failed, limit)
	}
	return present(count, failed, fmt.Sprintf("%.0f ids/s", speed), left, limit)
}

// present returns the texts that are not empty.
func present(texts ...string) (list []string) {
	for _, text := range texts {
		if text != "" {
			list = append(list, text)
		}
	}
	return list
}

// barWidth is the width of the bar, in columns.
const barWidth = 20

func bar(done, total int) string {
	filled := barWidth * done / max(total, 1)
	return "[" + strings.Repeat("=", filled) + strings.Repeat(" ", barWidth-filled) + "]"
}

// waitsFor says what the run waits for, and until when, or returns "". The caller holds
// the lock.
func (p *progress) waitsFor(now time.Time) string {
	pause := p.pace.PausedUntil()
	latest := p.latest
	if pause.After(latest) {
		latest = pause
	}
	silent := now.Sub(latest)
	switch {
	case !p.wait.Since.IsZero():
		return fmt.Sprintf("waiting, next try at %s: %s", until(p.wait.Probe, now), causeName(p.wait.Cause))
	case pause.Sub(now) >= time.Second:
		return "waiting until " + until(pause, now) + ", as the service asks"
	case silent >= silence && p.done < p.total:
		return fmt.Sprintf("no response for %s (each request ends after %s)", seconds(silent), seconds(attemptTimeout))
	}
	return ""
}

// speed returns how many ids were done per second lately. The caller holds the lock.
func (p *progress) speed(now time.Time) float64 {
	p.samples = append(p.samples, sample{now, p.done})
	for len(p.samples) > 2 && now.Sub(p.samples[1].at) >= speedPeriod {
		p.samples = p.samples[1:]
	}
	first := p.samples[0]
	if elapsed := now.Sub(first.at).Seconds(); elapsed > 0 {
		return float64(p.done-first.done) / elapsed
	}
	return 0
}

// until returns a time with the seconds until then: "14:03:25 (24 s)".
func until(t, now time.Time) string {
	return fmt.Sprintf("%s (%s)", clock(t), seconds(max(t.Sub(now), 0)))
}

// clock returns the time of day where the person is.
func clock(t time.Time) string { return t.Local().Format(time.TimeOnly) }

// seconds returns a time in whole seconds, or minutes from two minutes on.
func seconds(d time.Duration) string {
	if d >= 2*time.Minute {
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.0f s", d.Seconds())
}

// noticeInterrupt prints a notice when ctx ends, until stop is called.
func (p *progress) noticeInterrupt(ctx context.Context) (stop func()) {
	printed := make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		defer close(printed)
		p.above(func() {
			fmt.Fprintln(p.out, "Interrupted: requests in flight finish first. Ctrl-C again aborts them.")
		})
	})
	return func() {
		if !unwatch() {
			<-printed
		}
	}
}

// print prints a line, unless nothing is to be shown.
func (p *progress) print(line string) {
	if p.status != nil {
		p.above(func() { fmt.Fprintln(p.out, line) })
	}
}

// above calls print, which writes to the terminal, in place of the status line.
func (p *progress) above(print func()) {
	if p.status == nil {
		print()
		return
	}
	p.status.Above(print)
}

// stop removes the status line.
func (p *progress) stop() {
	if p.status != nil {
		p.status.Stop()
	}
}
