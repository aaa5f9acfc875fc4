package admin

import (
	"fmt"
	"io"
	"sync/atomic"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/screen"
)

// progress shows on a terminal how much was read. Elsewhere it prints nothing.
type progress struct {
	size   int64 // in bytes; -1 if that is unknown
	read   atomic.Int64
	status *screen.Status // nil: show nothing
}

// newProgress begins to show the progress of reading size bytes, or an unknown number if
// size is -1.
func newProgress(w io.Writer, size int64, quiet bool) *progress {
	p := &progress{size: size}
	if !quiet && screen.Redraws(w) {
		p.status = screen.Start(w, p.parts)
	}
	return p
}

func (p *progress) parts(screen.View) []string {
	read := float64(p.read.Load())
	if p.size <= 0 {
		return []string{fmt.Sprintf("%.1f MB read", read/1e6)}
	}
	return []string{fmt.Sprintf("%.0f%% read", 100*read/float64(p.size)), fmt.Sprintf("%.1f of %.1f MB", read/1e6, float64(p.size)/1e6)}
}

// reading returns a reader that advances the progress.
func (p *progress) reading(r io.Reader) io.Reader { return io.TeeReader(r, p) }

// Write counts what was read.
func (p *progress) Write(read []byte) (int, error) {
	p.read.Add(int64(len(read)))
	return len(read), nil
}

// above calls print, which writes to the terminal, in place of the progress.
func (p *progress) above(print func()) {
	if p.status == nil {
		print()
		return
	}
	p.status.Above(print)
}

func (p *progress) finish() {
	if p.status != nil {
		p.status.Stop()
	}
}
