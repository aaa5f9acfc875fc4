package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/yuno-community/yuno-customers/contract"
)

type runConfig struct {
	baseline    Baseline
	skip        []string
	timeout     time.Duration
	rounds      int
	minCoverage float64
	production  bool
	noCustomers bool
	now         func() time.Time
}

// A RunOption changes how [Run] and [Exercise] run the conformance suite.
type RunOption func(*runConfig) error

// WithBaseline accepts the failures that the baseline lists.
func WithBaseline(b Baseline) RunOption {
	return func(c *runConfig) error { c.baseline = b; return nil }
}

// WithSkip leaves cases out, by name. They are reported as skipped. An unknown
// name is an error.
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

// WithTimeout limits every request, body included, and every call of
// Target.NewCustomer. Defaults to 30 s.
func WithTimeout(d time.Duration) RunOption {
	return func(c *runConfig) error {
		if d <= 0 {
			return fmt.Errorf("timeout: %v, want more than 0", d)
		}
		c.timeout = d
		return nil
	}
}

// WithTiming adds the case key-check-time, which sends two times the given number of
// requests, at least 50, one after the other. Off by default: it is a measurement, and
// as good as the network is quiet.
func WithTiming(rounds int) RunOption {
	return func(c *runConfig) error {
		if rounds < 50 {
			return fmt.Errorf("timing: %d rounds, want at least 50", rounds)
		}
		c.rounds = rounds
		return nil
	}
}

// WithMinCoverage makes the run fail if less than the given part of the documented
// answers, from 0 to 1, was seen. Some cannot be provoked from outside, such
// as 500. Defaults to 0.
func WithMinCoverage(ratio float64) RunOption {
	return func(c *runConfig) error {
		if !(ratio >= 0 && ratio <= 1) {
			return fmt.Errorf("minimum coverage: %v, want 0 to 1", ratio)
		}
		c.minCoverage = ratio
		return nil
	}
}

// WithoutCustomers lets a report be OK although no customer was erased, for a target
// that has none to spare. What the call is for is not judged then.
func WithoutCustomers() RunOption {
	return func(c *runConfig) error { c.noCustomers = true; return nil }
}

// WithProduction permits a run against Yuno's production, going by the host of the base
// URL or by a public key that begins with prod_, wherever it is sent. Whatever customers the target names
// are erased there, at Yuno and at every payment provider, for good.
func WithProduction() RunOption {
	return func(c *runConfig) error { c.production = true; return nil }
}

// Run runs the conformance suite against the target and reports what it found.
//
// The error says why the target could not be judged, wholly or in part: it is
// described wrongly (see [Target.Validate]), nothing answers there, it could not create
// a customer, or ctx ended. Failed cases are no error; see [Report.OK]. The report is complete in any case: what did not
// run is in it as skipped, or as failed if a customer could not be created.
//
// The requests go to the target's base URL only, one at a time except in the case about
// concurrency, and redirects are not followed.
func Run(ctx context.Context, target Target, opts ...RunOption) (Report, error) {
	r, err := newRun(target, opts)
	if err != nil {
		return Report{}, err
	}
	defer r.close()
	if err := r.session.probe(ctx); err != nil {
		for _, c := range suite() {
			r.report.Results = append(r.report.Results, Result{Name: c.name, Why: c.why, Outcome: Skipped, Reason: "nothing answered"})
		}
		return r.finish(), err
	}
	var errs []error
	for _, c := range suite() {
		result, err := r.runCase(ctx, c)
		r.report.Results = append(r.report.Results, result)
		if err != nil && ctx.Err() == nil {
			errs = append(errs, fmt.Errorf("case %s: %w", c.name, err))
		}
	}
	if ctx.Err() != nil {
		errs = append(errs, fmt.Errorf("contract: run stopped: %w", context.Cause(ctx)))
	}
	return r.finish(), errors.Join(errs...)
}

// run is one run of the suite, case by case.
type run struct {
	config  runConfig
	session *session
	report  Report
}

func newRunConfig(opts []RunOption) (runConfig, error) {
	cfg := runConfig{timeout: 30 * time.Second, now: time.Now}
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

func newRun(target Target, opts []RunOption) (*run, error) {
	cfg, checker, err := target.prepare(opts)
	if err != nil {
		return nil, err
	}
	e, err := target.open(checker.BasePath())
	if err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	return &run{
		config: cfg,
		session: &session{
			target:   target,
			endpoint: e,
			checker:  checker,
			timeout:  cfg.timeout,
			rounds:   cfg.rounds,
			now:      cfg.now,
			unused:   slices.Clone(target.Customers),
			right:    map[int]bool{},
		},
		report: Report{Strict: target.Strict, MinCoverage: cfg.minCoverage, WithoutCustomers: cfg.noCustomers},
	}, nil
}

func (r *run) close() { r.session.endpoint.close() }

func (r *run) finish() Report {
	r.report.Coverage = r.session.checker.Coverage()
	r.report.Hint = r.session.hint()
	return r.report
}

// runCase runs one case. The error is not about the implementation but about
// what is needed to judge it.
func (r *run) runCase(ctx context.Context, c testCase) (Result, error) {
	result := Result{Name: c.name, Why: c.why, Outcome: Skipped}
	if slices.Contains(r.config.skip, c.name) {
		result.Reason = "skipped by name"
		return result, nil
	}
	if result.Reason = r.session.missing(c.needs); result.Reason != "" {
		return result, nil
	}
	if ctx.Err() != nil {
		result.Reason = "the run was stopped"
		return result, nil
	}

	start := time.Now()
	r.session.findings = nil
	err := c.run(ctx, r.session)
	result.Duration = time.Since(start)
	result.Violations = dedupe(r.session.findings)

	var skip skipError
	switch {
	case ctx.Err() != nil: // what was found may be an effect of stopping
		result.Reason, result.Violations = "the run was stopped", nil
		return result, nil
	case len(result.Violations) > 0:
		result.Outcome = Failed
	case errors.As(err, &skip):
		result.Reason = skip.Error()
		return result, nil
	case errors.Is(err, errNoCustomer):
		result.Reason = "needs more customers that may be erased"
		return result, nil
	case err != nil:
		result.Outcome, result.Reason = Failed, "the target could not supply or look up a customer"
		return result, err
	default:
		result.Outcome = Passed
	}
	reason, listed := r.config.baseline.reason(c.name)
	switch {
	case listed && result.Outcome == Failed:
		result.Outcome, result.Reason = Accepted, reason
	case listed:
		result.Outcome, result.Reason = Fixed, "passes, so it must leave the baseline"
	}
	return result, nil
}

// dedupe drops violations that were found before: one request of many is enough.
func dedupe(all []contract.Violation) []contract.Violation {
	var list []contract.Violation
	for _, v := range all {
		if !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}

func isCase(name string) bool {
	return slices.ContainsFunc(suite(), func(c testCase) bool { return c.name == name })
}
