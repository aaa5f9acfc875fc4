package command

import (
	"math"
	"testing"
	"time"
)

func TestWithin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"Low", Within("--n", 1, 1, 9), ""},
		{"High", Within("--n", 9, 1, 9), ""},
		{"TooLow", Within("--n", 0, 1, 9), "--n wants 1 to 9"},
		{"TooHigh", Within("--n", 10, 1, 9), "--n wants 1 to 9"},
		{"Duration", Within("--d", time.Nanosecond, time.Second, 36*time.Hour), "--d wants 1s to 36h"},
		{"DurationOfMinutes", Within("--d", 0, 90*time.Second, 30*time.Minute), "--d wants 1m30s to 30m"},
		{"NaN", Within("--f", math.NaN(), 0, 1), "--f wants 0 to 1"},
		{"Zero", ZeroOrWithin("--f", 0, SlowestRate, FastestRate), ""},
		{"ZeroOrNaN", ZeroOrWithin("--f", math.NaN(), SlowestRate, FastestRate), "--f wants 0, or 0.001 to 1000000"},
		{"ZeroOrLess", ZeroOrWithin("--f", 1e-9, SlowestRate, FastestRate), "--f wants 0, or 0.001 to 1000000"},
		{"ZeroOrMore", ZeroOrWithin("--f", math.Inf(1), SlowestRate, FastestRate), "--f wants 0, or 0.001 to 1000000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.err == nil && c.want != "" || c.err != nil && c.err.Error() != c.want {
				t.Errorf("got %v, want %q", c.err, c.want)
			}
		})
	}
}
