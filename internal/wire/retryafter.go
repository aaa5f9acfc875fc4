package wire

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ParseRetryAfter returns the wait that the value of a Retry-After header asks
// for (RFC 9110, section 10.2.3): a number of seconds as [ParseDelay] reads it,
// or an HTTP date, relative to now. A date in the past is no wait. The wait is
// never negative, and one that is too long for a time.Duration becomes the
// longest one. ok is false if the value is neither.
func ParseRetryAfter(value string, now time.Time) (wait time.Duration, ok bool) {
	if wait, ok := ParseDelay(value); ok {
		return wait, true
	}
	date, err := http.ParseTime(strings.TrimSpace(value))
	if err != nil {
		return 0, false
	}
	return max(0, date.Sub(now)), true // Sub saturates
}

// ParseDelay returns the duration of a number of seconds: digits, and decimals,
// which are not in the RFC but are sent by servers. A duration that is too long
// for a time.Duration becomes the longest one, because an overflow to a negative
// number is a hot loop. ok is false for everything else, signs, exponents, "NaN"
// and "Inf" included.
func ParseDelay(value string) (delay time.Duration, ok bool) {
	value = strings.TrimSpace(value)
	if !isDecimal(value) { // ParseFloat accepts "-1", "inf", "1e9", "0x1p4" and "1_000"
		return 0, false
	}
	seconds, err := strconv.ParseFloat(value, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	return saturate(seconds), true
}

// isDecimal reports whether value is digits with at most one dot after the first.
func isDecimal(value string) bool {
	return value != "" && value[0] != '.' && strings.Trim(value, digits+".") == "" && strings.Count(value, ".") <= 1
}

func saturate(seconds float64) time.Duration {
	nanoseconds := seconds * float64(time.Second)
	if nanoseconds >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(nanoseconds)
}

// FormatRetryAfter returns the value of a Retry-After header that asks for a
// wait of d: whole seconds, rounded up, since a client that comes back early is
// rejected again. A negative d is no wait.
func FormatRetryAfter(d time.Duration) string {
	seconds := int64(max(d, 0) / time.Second)
	if d%time.Second > 0 {
		seconds++
	}
	return strconv.FormatInt(seconds, 10)
}
