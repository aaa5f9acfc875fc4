package admin

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// progress is a progress bar on a terminal. Elsewhere it prints nothing.
type progress struct{ bar *progressbar.ProgressBar }

// newProgress returns a bar for size bytes, or for an unknown number if size is -1.
func newProgress(w io.Writer, size int64, quiet bool) *progress {
	if quiet || !command.IsTerminal(w) {
		return &progress{}
	}
	return &progress{progressbar.NewOptions64(size,
		progressbar.OptionSetWriter(w),
		progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetPredictTime(true),
	)}
}

// reading returns a reader that advances the bar.
func (p *progress) reading(r io.Reader) io.Reader {
	if p.bar == nil {
		return r
	}
	return io.TeeReader(r, p.bar)
}

// clear makes room for a line of text.
func (p *progress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}

func (p *progress) finish() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
