package bulkdelete

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

const (
	drawPeriod = 100 * time.Millisecond
	linePeriod = 10 * time.Second
)

// progress shows how a run proceeds: as a bar on a terminal, elsewhere as a line from
// time to time. It is safe for concurrent use.
type progress struct {
	mu     sync.Mutex
	out    io.Writer
	pace   *bulk.Pace
	bar    *progressbar.ProgressBar // nil: lines
	total  int
	done   int
	failed int
	period time.Duration // 0: show nothing
	next   time.Time     // when to show it again
}

func newProgress(w io.Writer, total int, quiet bool, pace *bulk.Pace) *progress {
	p := &progress{out: w, pace: pace, total: total, period: linePeriod}
	switch {
	case quiet:
		p.period = 0
	case total > 0 && command.IsTerminal(w):
		p.period = drawPeriod
		p.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(w),
			progressbar.OptionShowCount(),
			progressbar.OptionShowIts(),
			progressbar.OptionSetItsString("ids"),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionClearOnFinish(),
		)
	}
	p.next = time.Now().Add(p.period)
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
	if r.Outcome == bulk.Failed || r.Unsettled() {
		p.failed++
	}
	if p.period == 0 {
		return
	}
	if now := time.Now(); now.After(p.next) {
		p.show()
		p.next = now.Add(p.period)
	}
}

func (p *progress) show() {
	if p.bar != nil {
		p.bar.Describe(fmt.Sprintf("%d failed%s", p.failed, p.limit()))
		_ = p.bar.Set(p.done)
		return
	}
	fmt.Fprintf(p.out, "%d of %d, %d failed%s\n", p.done, p.total, p.failed, p.limit())
}

func (p *progress) limit() string {
	if perSecond, limited := p.pace.Rate(); limited {
		return fmt.Sprintf(", at most %.3g per second", perSecond)
	}
	return ""
}

// noticeInterrupt prints a notice when ctx ends, until stop is called.
func (p *progress) noticeInterrupt(ctx context.Context) (stop func()) {
	printed := make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		defer close(printed)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.clear()
		fmt.Fprintln(p.out, "Interrupted: requests in flight finish first. Ctrl-C again aborts them.")
	})
	return func() {
		if !unwatch() {
			<-printed
		}
	}
}

// clear makes room for a line of text.
func (p *progress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
