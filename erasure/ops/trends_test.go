package ops

import (
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// Today is the sum of its hours, and of no hour of yesterday.
func TestSumSince(t *testing.T) {
	t.Parallel()
	today := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
	var hours []erasure.Period
	for i := range 4 { // from 22 to 1 o'clock
		begin := today.Add(time.Duration(i-2) * time.Hour)
		hour := erasure.Period{From: begin, To: begin.Add(time.Hour), Accepted: 1 << i, Failures: 10 << i}
		hour.Took[i] = 100 << i
		hours = append(hours, hour)
	}
	want := erasure.Period{From: today, To: today.Add(day), Accepted: 4 + 8, Failures: 40 + 80}
	want.Took[2], want.Took[3] = 400, 800
	if got := sumSince(today, hours); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// Only a period is remembered whose last changes have been committed.
func TestPeriodsAreKeptOnceOver(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC)
	period := erasure.Period{From: begin, To: begin.Add(time.Hour), Accepted: 1}
	for name, test := range map[string]struct {
		after time.Duration // since its end
		want  int
	}{"Runs": {-time.Second, 0}, "HasJustEnded": {settled, 0}, "IsOver": {settled + time.Second, 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var c overviewCache
			c.keep(time.Hour, []erasure.Period{period}, period.To.Add(test.after))
			if got := len(c.over[time.Hour]); got != test.want {
				t.Errorf("%d are kept, want %d", got, test.want)
			}
		})
	}
}
