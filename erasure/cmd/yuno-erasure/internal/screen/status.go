package screen

import (
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	// drawPeriod is how often a terminal's line is drawn.
	drawPeriod = 200 * time.Millisecond
	// linePeriod is how often a line is printed where there is no terminal.
	linePeriod = 10 * time.Second
)

// View is what a status line shows at a time. Terminal is false for a line in a log.
type View struct {
	Now      time.Time
	Terminal bool
}

// Status shows how something proceeds, until Stop. Its methods are safe for concurrent
// use. Errors of writing are ignored: work goes on when nobody watches it.
type Status struct {
	out      io.Writer
	terminal bool
	parts    func(View) []string

	writing sync.Mutex // held while something is written; a terminal may block
	drawn   string     // what the terminal shows now; "" for nothing

	stop    chan struct{}
	stopped chan struct{}
}

// Start begins to show what parts returns, on a terminal five times a second, elsewhere
// every ten seconds. The parts are separated by commas. Those that do not fit into the
// line of a terminal are left out, so the first one should be the most important one.
// parts is called by one goroutine at a time.
func Start(out io.Writer, parts func(View) []string) *Status {
	s := &Status{out: out, terminal: Redraws(out), parts: parts, stop: make(chan struct{}), stopped: make(chan struct{})}
	go s.show()
	return s
}

func (s *Status) show() {
	defer close(s.stopped)
	period := linePeriod
	var resized <-chan os.Signal // never, without a terminal
	if s.terminal {
		period = drawPeriod
		signals, ignore := whenResized()
		defer ignore()
		resized = signals
	}
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
			s.draw()
		case <-resized:
			s.draw()
		}
	}
}

func (s *Status) draw() {
	s.writing.Lock()
	defer s.writing.Unlock()
	parts := s.parts(View{Now: time.Now(), Terminal: s.terminal})
	if !s.terminal {
		write(s.out, strings.Join(parts, ", ")+"\n")
		return
	}
	// One column stays free: in the last one, some terminals begin a new line.
	line := fit(parts, Width(s.out)-1)
	write(s.out, "\r"+line+clearLine)
	s.drawn = line
}

// clearLine erases from the cursor to the end of the line. Nothing else moves the cursor:
// after a window was made smaller, some terminals break what they show into more lines
// and others cut it off, so that lines above may belong to somebody else.
const clearLine = "\x1b[K"

// Above calls print, which writes to the same terminal, in place of the status line. The
// line is drawn again later.
func (s *Status) Above(print func()) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.clear()
	print()
}

func (s *Status) clear() {
	if s.drawn != "" {
		write(s.out, "\r"+clearLine)
		s.drawn = ""
	}
}

// Stop removes the status line. It can be called more than once.
func (s *Status) Stop() {
	s.writing.Lock()
	select {
	case <-s.stop:
	default:
		close(s.stop)
	}
	s.writing.Unlock()
	<-s.stopped
	s.writing.Lock()
	defer s.writing.Unlock()
	s.clear()
}

func write(w io.Writer, text string) { _, _ = io.WriteString(w, text) }

// fit joins the parts that fit into width columns. It cuts off the first part if even that
// is too long. A part that does not fit is left out; a shorter one after it may fit.
func fit(parts []string, width int) string {
	width = max(width, 1)
	var line string
	for i, part := range parts {
		part = narrow(part)
		switch {
		case i == 0:
			line = part[:min(len(part), width)]
		case len(line)+2+len(part) <= width:
			line += ", " + part
		}
	}
	return line
}

// narrow replaces what may not take exactly one column of a terminal. Ids and codes of a
// server may contain anything.
func narrow(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, strings.ReplaceAll(text, "…", "..."))
}
