package bulkdelete

import (
	"testing"
	"time"
)

func TestDuration(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]time.Duration{
		"24h": 24 * time.Hour, "20s": 20 * time.Second, "10m": 10 * time.Minute, "1h10m": 70 * time.Minute, "1h0m5s": time.Hour + 5*time.Second, "0s": 0,
	} {
		if got := duration(d); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
