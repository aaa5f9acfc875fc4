package command

import (
	"fmt"
	"strings"
	"time"
)

// The bounds of durations that several flags share.
const (
	// LongestDeadline is ten years: a time that much later fits every database and clock.
	LongestDeadline = 10 * 365 * 24 * time.Hour
	// ShortestDeadline leaves time for a first attempt.
	ShortestDeadline = time.Minute
	// LongestWait is a week, after which nobody waits for a command any more.
	LongestWait = 7 * 24 * time.Hour
)

// The bounds of rates, in requests per second. A slower rate overflows the wait for the
// next request; a faster one overflows the burst, and limits nothing.
const (
	SlowestRate = 0.001
	FastestRate = 1_000_000
)

// Within returns an error that names the flag unless its value is from low to high. NaN
// never is.
func Within[T int | float64 | time.Duration](flag string, value, low, high T) error {
	if value >= low && value <= high {
		return nil
	}
	return fmt.Errorf("%s wants %s to %s", flag, bound(low), bound(high))
}

// ZeroOrWithin is [Within] for a flag to which 0 means something of its own.
func ZeroOrWithin[T int | float64 | time.Duration](flag string, value, low, high T) error {
	if value == 0 || value >= low && value <= high {
		return nil
	}
	return fmt.Errorf("%s wants 0, or %s to %s", flag, bound(low), bound(high))
}

// bound returns a bound as it can be given to a flag: 24h, not 24h0m0s, and not 1e+06.
func bound(value any) string {
	switch value := value.(type) {
	case time.Duration:
		text := value.String()
		if strings.HasSuffix(text, "m0s") {
			text = strings.TrimSuffix(text, "0s")
		}
		if strings.HasSuffix(text, "h0m") {
			text = strings.TrimSuffix(text, "0m")
		}
		return text
	case float64:
		return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.6f", value), "0"), ".")
	}
	return fmt.Sprint(value)
}
