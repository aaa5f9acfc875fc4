package command_test

import (
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

func TestDays(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"90d": 90 * day, "0d": 0, "0": 0, "36h": 36 * time.Hour, "106751d": 106751 * day,
	} {
		var got command.Days
		if err := got.UnmarshalText([]byte(text)); err != nil || got.Duration() != want {
			t.Errorf("%s: got %v, %v; want %v", text, got.Duration(), err, want)
		}
	}
	for _, text := range []string{"", "d", "-1d", "+1d", "1.5d", "106752d", "4294967296d", "90", "-1h", "90 d", "1d2h"} {
		var got command.Days
		if err := got.UnmarshalText([]byte(text)); err == nil || got != 0 {
			t.Errorf("%q: got %v, %v; want an error", text, got.Duration(), err)
		}
	}
}

func FuzzDays(f *testing.F) {
	f.Add("90d")
	f.Add("2160h")
	f.Add("99999999999999999999d")
	f.Fuzz(func(t *testing.T, text string) {
		var got command.Days
		if err := got.UnmarshalText([]byte(text)); got < 0 || err != nil && got != 0 {
			t.Errorf("%q: got %v, %v", text, got.Duration(), err)
		}
	})
}
