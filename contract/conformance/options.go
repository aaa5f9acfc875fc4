package conformance

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A RunOption changes how [Run] and [Exercise] run the suite.
type RunOption func(*runConfig) error

type runConfig struct {
	baseline    Baseline
	skip        []string
	timeout     time.Duration
	rounds      int
	minCoverage float64
	production  bool
	noCustomers bool
	now         func() time.Time
	sleep       func(context.Context, time.Duration)
	trace       func(Trace)
}

func newRunConfig(opts []RunOption) (runConfig, error) {
	cfg := runConfig{timeout: 30 * time.Second, now: time.Now, sleep: sleep}
	var errs []error
	for _, opt := range opts {
		if opt == nil {
			errs = append(errs, errors.New("run option: nil"))
			continue
		}
		errs = append(errs, opt(&cfg))
	}
	return cfg, errors.Join(errs...)
}

// WithBaseline accepts the failures that the baseline lists.
func WithBaseline(b Baseline) RunOption {
	return func(c *runConfig) error { c.baseline = b; return nil }
}

// WithSkip omits cases by name and reports them as skipped. An unknown name is an error.
func WithSkip(names ...string) RunOption {
	return func(c *runConfig) error {
		for _, name := range names {
			if !isCase(name) {
				return fmt.Errorf("skip: no case is named %q", name)
			}
		}
		c.skip = append(c.skip, names...)
		return nil
	}
}

// WithTimeout limits each request including its response body, and each call of
// Target.NewCustomer and Target.Exists. It must be positive. Defaults to 30 s.
func WithTimeout(d time.Duration) RunOption {
	return func(c *runConfig) error {
		if d <= 0 {
			return fmt.Errorf("timeout: %v, want more than 0", d)
		}
		c.timeout = d
		return nil
	}
}

// WithTiming adds the case key-check-time, which sends two requests per round, one after
// the other. It takes 50 to 100,000 rounds, and a quiet network: the case measures time.
// Defaults to off.
func WithTiming(rounds int) RunOption {
	return func(c *runConfig) error {
		if rounds < 50 || rounds > 100_000 {
			return fmt.Errorf("timing: %d rounds, want 50 to 100000", rounds)
		}
		c.rounds = rounds
		return nil
	}
}

// WithMinCoverage makes the run fail if it saw less than the given part, from 0 to 1, of
// the documented responses. Some, such as 500, cannot be provoked from outside. Defaults
// to 0.
func WithMinCoverage(ratio float64) RunOption {
	return func(c *runConfig) error {
		if !(ratio >= 0 && ratio <= 1) { // so written that NaN is an error
			return fmt.Errorf("minimum coverage: %v, want 0 to 1", ratio)
		}
		c.minCoverage = ratio
		return nil
	}
}

// WithTrace calls f, unless it is nil, after each request, and not from two goroutines at
// the same time. A request that is sent again because the target asked to wait is traced
// each time. The requests that find out whether the target responds are not traced.
func WithTrace(f func(Trace)) RunOption {
	return func(c *runConfig) error { c.trace = f; return nil }
}

// WithoutCustomers allows a report to be OK although no customer was erased, for a target
// without customers that may be. Such a run does not judge what the call is for. Naming
// Target.Customers as well is an error, because a run erases those.
func WithoutCustomers() RunOption {
	return func(c *runConfig) error { c.noCustomers = true; return nil }
}

// WithProduction permits a run against Yuno's production, which is recognised by the host
// of the base URL and, for any host, by a public key that begins with prod_. The run
// erases the target's customers for good, at Yuno and at every payment provider.
func WithProduction() RunOption {
	return func(c *runConfig) error { c.production = true; return nil }
}
