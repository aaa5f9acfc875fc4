package bulkdelete

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
)

// batchProgress shows how a run goes: a bar on a terminal, a line now and then
// elsewhere. It is safe for concurrent use.
type batchProgress struct {
	mu     sync.Mutex
	out    io.Writer
	pace   *bulk.Pace
	bar    *progressbar.ProgressBar // nil: lines
	total  int
	done   int
	failed int
	every  time.Duration // 0: never
	next   time.Time     // when to show it again
}

const (
	drawEvery = 100 * time.Millisecond
	lineEvery = 10 * time.Second
)

func newBatchProgress(w io.Writer, total int, quiet bool, pace *bulk.Pace) *batchProgress {
	p := &batchProgress{out: w, pace: pace, total: total, every: lineEvery}
	switch file, ok := w.(*os.File); {
	case quiet:
		p.every = 0
	case ok && total > 0 && term.IsTerminal(int(file.Fd())):
		p.every = drawEvery
		p.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(w),
			progressbar.OptionShowCount(),
			progressbar.OptionShowIts(),
			progressbar.OptionSetItsString("ids"),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionClearOnFinish(),
		)
	}
	p.next = time.Now().Add(p.every)
	return p
}

// observe is told of every result.
func (p *batchProgress) observe(r bulk.Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.Outcome == bulk.Invalid {
		return
	}
	p.done++
	if r.Outcome == bulk.Failed || r.Unsettled() {
		p.failed++
	}
	if p.every == 0 {
		return
	}
	if now := time.Now(); now.After(p.next) {
		p.show()
		p.next = now.Add(p.every)
	}
}

func (p *batchProgress) show() {
	if p.bar != nil {
		p.bar.Describe(fmt.Sprintf("%d failed%s", p.failed, p.limit()))
		_ = p.bar.Set(p.done)
		return
	}
	fmt.Fprintf(p.out, "%d of %d, %d failed%s\n", p.done, p.total, p.failed, p.limit())
}

func (p *batchProgress) limit() string {
	if perSecond, limited := p.pace.Rate(); limited {
		return fmt.Sprintf(", at most %.3g a second", perSecond)
	}
	return ""
}

// untilInterrupted says so when ctx ends, until stop is called.
func (p *batchProgress) untilInterrupted(ctx context.Context) (stop func()) {
	said := make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		defer close(said)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.clear()
		fmt.Fprintln(p.out, "Interrupted: what is under way is finished first. Ctrl-C again breaks it off.")
	})
	return func() {
		if !unwatch() {
			<-said
		}
	}
}

// clear makes room for a line of text.
func (p *batchProgress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
