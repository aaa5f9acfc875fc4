package screen

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/creack/pty"

	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
)

func TestFit(t *testing.T) {
	t.Parallel()
	parts := []string{"12/500", "a long explanation", "3 failed"}
	for _, c := range []struct {
		width int
		want  string
	}{
		{100, "12/500, a long explanation, 3 failed"},
		{36, "12/500, a long explanation, 3 failed"},
		{35, "12/500, a long explanation"},
		{25, "12/500, 3 failed"},
		{15, "12/500"},
		{3, "12/"},
		{0, "1"},
		{-5, "1"},
	} {
		if got := fit(parts, c.width); got != c.want {
			t.Errorf("width %d: %q, want %q", c.width, got, c.want)
		}
	}
	if got, want := fit([]string{"wide 顧客…\x1b\n"}, 80), "wide ??...??"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Without a terminal, a line is printed on time although nothing happens.
func TestLinesOnTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out testbinary.Output
		began := time.Now()
		s := Start(&out, func(v View) []string { return []string{fmt.Sprint(v.Now.Sub(began)), "顧客"} })
		time.Sleep(25 * time.Second)
		s.Stop()
		s.Stop() // does no harm
		if got, want := out.String(), "10s, 顧客\n20s, 顧客\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// A log that cannot be written is no reason to stop.
func TestWriteErrors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(*testing.T) {
		s := Start(brokenPipe{}, func(View) []string { return []string{"x"} })
		time.Sleep(time.Minute)
		s.Stop()
	})
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

// openTerminal returns a terminal of 100 columns, and what it shows.
func openTerminal(t *testing.T) (terminal *os.File, shown *testbinary.Output) {
	t.Helper()
	master, terminal, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	resize(t, terminal, 100)
	shown = &testbinary.Output{}
	var reading sync.WaitGroup
	reading.Go(func() { _, _ = io.Copy(shown, master) }) // fails when the terminal is closed
	t.Cleanup(func() {
		_ = terminal.Close()
		reading.Wait()
		_ = master.Close()
	})
	return terminal, shown
}

func resize(t *testing.T, terminal *os.File, columns uint16) {
	t.Helper()
	if err := pty.Setsize(terminal, &pty.Winsize{Rows: 24, Cols: columns}); err != nil {
		t.Fatal(err)
	}
}

// The line stays one line when the terminal is made smaller.
func TestSmallerTerminal(t *testing.T) {
	t.Setenv("TERM", "xterm")
	t.Setenv("COLUMNS", "100") // of the shell that started the command, and out of date
	terminal, shown := openTerminal(t)
	number := 0
	s := Start(terminal, func(View) []string {
		number++
		return []string{fmt.Sprintf("drawing %d", number), strings.Repeat("x", 60)}
	})
	await.True(t, "the long part", func() bool { return strings.Contains(shown.String(), "xxx") })
	resize(t, terminal, 40)
	at := len(shown.String())
	await.True(t, "the line without the long part", func() bool {
		latest := lastDrawing(shown.String()[at:])
		return strings.HasPrefix(latest, "drawing ") && !strings.Contains(latest, "x")
	})
	s.Above(func() { fmt.Fprintln(terminal, "a whole line") })
	s.Stop()
	await.True(t, "the cleared line", func() bool {
		return strings.HasSuffix(shown.String(), "\r"+clearLine) || strings.HasSuffix(shown.String(), "line\r\n")
	})
	if got := strings.Count(shown.String(), "\n"); got != 1 || !strings.Contains(shown.String(), "\r"+clearLine+"a whole line\r\n") {
		t.Errorf("%d line ends, want that of the whole line only:\n%q", got, shown)
	}
}

// lastDrawing returns the last complete drawing of what a terminal was sent.
func lastDrawing(text string) string {
	drawings := strings.Split(text, clearLine)
	if len(drawings) < 2 {
		return ""
	}
	return strings.TrimPrefix(drawings[len(drawings)-2], "\r")
}
