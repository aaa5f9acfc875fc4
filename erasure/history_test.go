package erasure_test

import (
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

func TestPeriodWithin(t *testing.T) {
	t.Parallel()
	took := func(counts ...int) (p erasure.Period) {
		copy(p.Took[:], counts)
		return p
	}
	for name, test := range map[string]struct {
		period erasure.Period
		share  float64
		want   time.Duration
	}{
		"Nothing":  {took(), 0.5, 0},
		"One":      {took(0, 1), 0.5, time.Minute},
		"Half":     {took(5, 0, 5), 0.5, 10 * time.Second},
		"Most":     {took(5, 0, 5), 0.95, 10 * time.Minute},
		"Share":    {took(95, 5), 0.95, 10 * time.Second},
		"All":      {took(95, 5), 1, time.Minute},
		"VeryLong": {took(1, 0, 0, 0, 0, 0, 0, 0, 9), 0.5, -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := test.period.Within(test.share); got != test.want {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}
