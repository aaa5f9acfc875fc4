package wire

import (
	"math"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

func TestParseRetryAfter(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		value string
		want  time.Duration
		ok    bool
	}{
		{"0", 0, true},
		{"3", 3 * time.Second, true},
		{" 3 ", 3 * time.Second, true},
		{"1.5", 1500 * time.Millisecond, true},
		{"3600", time.Hour, true},
		{strings.Repeat("9", 400), math.MaxInt64, true}, // beyond a float64
		{"3.", 3 * time.Second, true},
		{"99999999999999999999999", math.MaxInt64, true},
		{"9223372036.854775807", math.MaxInt64, true},
		{"Sat, 01 Aug 2026 12:00:05 GMT", 5 * time.Second, true},
		{"Saturday, 01-Aug-26 12:00:05 GMT", 5 * time.Second, true},
		{"Sat, 01 Aug 2026 11:00:00 GMT", 0, true},
		{"Fri, 31 Dec 9999 23:59:59 GMT", math.MaxInt64, true},
		{"", 0, false},
		{"-1", 0, false},
		{"NaN", 0, false},
		{"Inf", 0, false},
		{"-Inf", 0, false},
		{"soon", 0, false},
		{"1e1", 0, false},
		{"0x10", 0, false},
		{"0x1p4", 0, false},
		{"1_000", 0, false},
		{"+3", 0, false},
		{".5", 0, false},
		{"1.2.3", 0, false},
		{"3 seconds", 0, false},
		{"Sat, 32 Aug 2026 12:00:05 GMT", 0, false},
	} {
		if got, ok := ParseRetryAfter(tc.value, now); got != tc.want || ok != tc.ok {
			t.Errorf("%q: got %v, %v, want %v, %v", tc.value, got, ok, tc.want, tc.ok)
		}
	}
}

func FuzzParseRetryAfter(f *testing.F) {
	for _, value := range []string{"0", "3", "1.5", "-1", "NaN", "Inf", "1e300", "0x1p-2", "1_000", "Sat, 01 Aug 2026 12:00:05 GMT", "Sat Aug  1 12:00:05 2026", ""} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got, ok := ParseRetryAfter(value, now)
		if got < 0 || (!ok && got != 0) {
			t.Errorf("%q: got %v, %v", value, got, ok)
		}
		if delay, ok := ParseDelay(value); ok && delay != got {
			t.Errorf("%q: a delay of %v, but a wait of %v", value, delay, got)
		}
	})
}

func TestFormatRetryAfter(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0:                       "0",
		-time.Hour:              "0",
		time.Nanosecond:         "1",
		time.Second:             "1",
		1500 * time.Millisecond: "2",
		time.Hour:               "3600",
		math.MaxInt64:           "9223372037",
		math.MinInt64:           "0",
	} {
		got := FormatRetryAfter(d)
		if got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
		if back, ok := ParseRetryAfter(got, now); !ok || back < d {
			t.Errorf("%v: reads as %v, %v, which is too early", d, back, ok)
		}
	}
}
