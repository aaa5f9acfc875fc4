package screen

import (
	"io"
	"testing"
)

func TestWidth(t *testing.T) {
	terminal, _ := openTerminal(t)
	t.Setenv("COLUMNS", "33")
	if got := Width(terminal); got != 100 {
		t.Errorf("got %d, want what the terminal says", got)
	}
	resize(t, terminal, 0) // as some serial lines and containers
	if got := Width(terminal); got != 33 {
		t.Errorf("got %d, want that of COLUMNS", got)
	}
	for _, useless := range []string{"", "0", "-1", "wide"} {
		t.Setenv("COLUMNS", useless)
		if got := Width(terminal); got != fallbackWidth {
			t.Errorf("COLUMNS=%s: %d", useless, got)
		}
	}
}

func TestColors(t *testing.T) {
	terminal, _ := openTerminal(t)
	type env map[string]string
	for _, c := range []struct {
		name           string
		env            env
		terminal, pipe bool
	}{
		{"Nothing", env{}, true, false},
		{"NoColor", env{"NO_COLOR": "1"}, false, false},
		{"NoColorBeatsForce", env{"NO_COLOR": "0", "CLICOLOR_FORCE": "1"}, false, false},
		{"CliColor0", env{"CLICOLOR": "0"}, false, false},
		{"CliColor1", env{"CLICOLOR": "1"}, true, false},
		{"Force", env{"CLICOLOR_FORCE": "1", "CLICOLOR": "0"}, true, true},
		{"Force0", env{"CLICOLOR_FORCE": "0"}, true, false},
		{"Dumb", env{"TERM": "dumb"}, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, name := range []string{"NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"} {
				t.Setenv(name, c.env[name])
			}
			t.Setenv("TERM", "xterm")
			if value, ok := c.env["TERM"]; ok {
				t.Setenv("TERM", value)
			}
			if got := Colors(terminal); got != c.terminal {
				t.Errorf("on a terminal: %v", got)
			}
			if got := Colors(io.Discard); got != c.pipe {
				t.Errorf("elsewhere: %v", got)
			}
			want := "x"
			if c.terminal {
				want = "\x1b[31mx\x1b[0m"
			}
			if got := Red.In(terminal, "x"); got != want {
				t.Errorf("got %q", got)
			}
		})
	}
}
