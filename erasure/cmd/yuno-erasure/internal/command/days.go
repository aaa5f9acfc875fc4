package command

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// Days is a long duration as a flag: a number of days, such as 90d, or a duration of Go,
// such as 2160h. It is never negative.
type Days time.Duration

var errDays = errors.New("want a number of days such as 90d, a duration such as 36h, or 0")

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *Days) UnmarshalText(text []byte) error {
	number, days := strings.CutSuffix(string(text), "d")
	if !days {
		duration, err := time.ParseDuration(string(text))
		if err != nil || duration < 0 {
			return errDays
		}
		*d = Days(duration)
		return nil
	}
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil || n > math.MaxInt64/uint64(24*time.Hour) {
		return errDays
	}
	*d = Days(n) * Days(24*time.Hour)
	return nil
}

// Duration returns the duration.
func (d Days) Duration() time.Duration { return time.Duration(d) }
