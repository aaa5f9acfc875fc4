package client

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// parseRetryAfter reads a Retry-After value (RFC 9110, section 10.2.3):
// seconds, or an HTTP date. The result is never negative. A wait too long for
// a time.Duration becomes the longest one, because an overflow to a negative
// number is a hot loop. Decimals are not in the RFC but servers send them.
// A value that is neither, NaN and negative seconds included, is not there.
func parseRetryAfter(value string, now time.Time) (wait time.Duration, ok bool) {
	value = strings.TrimSpace(value)
	if value == "" {
		return 0, false
	}
	if isDecimal(value) { // ParseFloat knows "-1", "inf", "1e9", "0x1p4" and "1_000"
		seconds, err := strconv.ParseFloat(value, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return 0, false
		}
		return saturate(seconds), true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return max(0, date.Sub(now)), true // Sub saturates
}

// isDecimal holds for digits with at most one dot among them.
func isDecimal(value string) bool {
	return value[0] != '.' && strings.Trim(value, "0123456789.") == "" && strings.Count(value, ".") <= 1
}

func saturate(seconds float64) time.Duration {
	nanoseconds := seconds * float64(time.Second)
	if nanoseconds >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(nanoseconds)
}
