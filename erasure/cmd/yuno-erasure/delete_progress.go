package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/yuno-community/yuno-customers/erasure/batch"
)

// batchProgress shows how a run goes: a bar on a terminal, a line now and then
// elsewhere.
type batchProgress struct {
	out    io.Writer
	pace   *batch.Pace
	bar    *progressbar.ProgressBar // nil: lines
	total  int
	done   int
	failed int
	next   time.Time // of the next line
	quiet  bool
}

const lineEvery = 10 * time.Second

func newBatchProgress(w io.Writer, total int, quiet bool, pace *batch.Pace) *batchProgress {
	p := &batchProgress{out: w, pace: pace, total: total, quiet: quiet, next: time.Now().Add(lineEvery)}
	if file, ok := w.(*os.File); ok && !quiet && term.IsTerminal(int(file.Fd())) {
		p.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(w),
			progressbar.OptionShowCount(),
			progressbar.OptionShowIts(),
			progressbar.OptionSetItsString("ids"),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionClearOnFinish(),
		)
	}
	return p
}

// observe is told of every result, one at a time.
func (p *batchProgress) observe(r batch.Result) {
	if r.Outcome == batch.Invalid {
		return
	}
	p.done++
	if r.Outcome != batch.Accepted && r.Outcome != batch.NotFound {
		p.failed++
	}
	switch {
	case p.quiet:
	case p.bar != nil:
		p.bar.Describe(fmt.Sprintf("%d failed%s", p.failed, p.limit()))
		_ = p.bar.Add(1)
	case time.Now().After(p.next):
		fmt.Fprintf(p.out, "%d of %d, %d failed%s\n", p.done, p.total, p.failed, p.limit())
		p.next = time.Now().Add(lineEvery)
	}
}

func (p *batchProgress) limit() string {
	if perSecond, limited := p.pace.Rate(); limited {
		return fmt.Sprintf(", at most %.3g a second", perSecond)
	}
	return ""
}

func (p *batchProgress) finish() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
