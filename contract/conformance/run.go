package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Run runs the suite against the target and reports what it found.
//
// The error says why all or a part of the target could not be judged: the target is
// invalid (see [Target.Validate]), it does not respond, it could not create or look up a
// customer, or ctx ended. Failed cases are not an error; see [Report.OK]. The report lists
// every case unless the target is invalid. A case that did not run is skipped, or failed
// if the target could not supply or look up a customer.
//
// Run sends requests to the target's base URL only, one at a time except in the cases about
// concurrency. It does not follow redirects. Cases about an operation that the target does
// not serve are skipped; see Target.Operations. If a 429 or 503 has a Retry-After of up to
// 30 s, Run waits as asked and sends the request again, five times at most.
func Run(ctx context.Context, target Target, opts ...RunOption) (Report, error) {
	r, err := newRun(target, opts)
	if err != nil {
		return Report{}, err
	}
	defer r.close()
	if err := r.session.begin(ctx); err != nil {
		r.report.Error = err.Error()
		for _, c := range suite {
			r.add(skipped(c, "the target does not respond"))
		}
		return r.finish(), err
	}
	var errs []error
	for _, c := range suite {
		result, err := r.runCase(ctx, c)
		r.add(result)
		if err != nil && ctx.Err() == nil {
			errs = append(errs, fmt.Errorf("case %s: %w", c.name, err))
		}
	}
	if ctx.Err() != nil {
		r.report.Error = "the run was stopped before its end"
		errs = append(errs, fmt.Errorf("conformance: run stopped: %w", context.Cause(ctx)))
	}
	return r.finish(), errors.Join(errs...)
}

// run is one run of the suite.
type run struct {
	config  runConfig
	session *session
	report  Report
	limited int // cases in a row that the target did not serve because of its rate
}

// enoughLimited is after how many cases in a row that end so the others are skipped: each
// takes minutes.
const enoughLimited = 2

func newRun(target Target, opts []RunOption) (*run, error) {
	cfg, checker, err := target.prepare(opts)
	if err != nil {
		return nil, err
	}
	e, err := target.open(checker.BasePath())
	if err != nil {
		return nil, fmt.Errorf("conformance: %w", err)
	}
	unused := distinct(target.Customers)
	return &run{
		config: cfg,
		session: &session{
			target:       target,
			endpoint:     e,
			checker:      checker,
			timeout:      cfg.timeout,
			rounds:       cfg.rounds,
			now:          cfg.now,
			unused:       unused,
			given:        len(unused),
			merchantIDs:  map[string]string{},
			statusesSeen: map[int]bool{},
			proof:        proof{existing: map[string]bool{}},
			origins:      map[string]string{},
			sleep:        cfg.sleep,
			onTrace:      cfg.trace,
		},
		report: Report{Strict: target.Strict, Started: cfg.now(), MinCoverage: cfg.minCoverage, WithoutCustomers: cfg.noCustomers},
	}, nil
}

func (r *run) close() { r.session.endpoint.close() }

func (r *run) add(result Result) { r.report.Results = append(r.report.Results, result) }

func (r *run) finish() Report {
	r.report.Coverage = r.session.checker.Coverage()
	r.report.CustomersGiven, r.report.CustomersUsed = r.session.given, r.session.given-len(r.session.unused)
	r.report.Hint = r.session.hint()
	if unknown := r.session.proof.unknown; r.report.Hint == "" && unknown > 0 && !r.report.erased() {
		r.report.Hint = fmt.Sprintf("customers given that are not known to the target: %d; give some that exist in the account", unknown)
	}
	return r.report
}

// runCase runs one case. The error says why the implementation could not be judged.
func (r *run) runCase(ctx context.Context, c testCase) (Result, error) {
	if slices.Contains(r.config.skip, c.name) {
		return skipped(c, "skipped by name"), nil
	}
	if c.needs&needsSecondAccount != 0 && ctx.Err() == nil && r.limited < enoughLimited {
		r.session.trySecondAccount(ctx)
	}
	if reason := r.session.missing(c); reason != "" {
		return skipped(c, reason), nil
	}
	if ctx.Err() != nil {
		return skipped(c, "the run was stopped"), nil
	}
	if r.limited == enoughLimited {
		return skipped(c, skipLimited.Error()), nil
	}
	start := time.Now()
	findings, err := r.session.judge(ctx, c)
	sent := r.session.requests
	findings, err = r.session.withProof(ctx, findings, err)
	switch {
	case r.session.limited:
		findings, err = nil, skipLimited
		r.limited++
	case r.session.inDoubt && len(findings) > 0:
		findings, err = nil, skipInDoubt
	}
	if !r.session.limited {
		r.limited = 0
	}
	duration := time.Since(start)
	if ctx.Err() != nil { // what was found may be an effect of stopping
		findings, err = nil, skipError("the run was stopped")
	}
	result, err := r.result(c, findings, err)
	result.Duration = duration
	if result.Outcome != Passed && result.Outcome != Skipped {
		result.Sent = sent
		result.Requests, result.Variables = r.session.describe(findings)
	}
	return result, err
}

// judge runs a case and returns what it found. The error says why the case does
// not apply or could not be judged to its end.
func (s *session) judge(ctx context.Context, c testCase) ([]finding, error) {
	s.caseName, s.operation = c.name, c.judged()
	s.requests, s.sent, s.findings, s.inCase = 0, nil, nil, nil
	s.proof.given, s.proof.accepted, s.proof.unclear, s.limited, s.inDoubt = nil, false, false, false, false
	err := c.run(ctx, s)
	return unique(s.findings), err
}

// result returns the result of a case that was run.
func (r *run) result(c testCase, findings []finding, err error) (Result, error) {
	result := Result{Name: c.name, Why: c.why, Outcome: Passed}
	for _, f := range findings {
		result.Violations = append(result.Violations, f.Violation)
	}
	var skip skipError
	switch {
	case len(findings) > 0:
		result.Outcome = Failed
	case errors.As(err, &skip):
		return skipped(c, skip.Error()), nil
	case errors.Is(err, errNoCustomer):
		return skipped(c, "needs "+r.session.moreCustomers()), nil
	case err != nil:
		result.Outcome, result.Reason = Failed, "the target could not supply or look up a customer"
		return result, err
	}
	reason, listed := r.config.baseline.reason(c.name)
	switch {
	case listed && result.Outcome == Failed:
		result.Outcome, result.Reason = Accepted, reason
	case listed:
		result.Outcome, result.Reason = Fixed, "passes; remove it from the baseline"
	}
	return result, nil
}

func skipped(c testCase, reason string) Result {
	return Result{Name: c.name, Why: c.why, Outcome: Skipped, Reason: reason}
}

// unique drops repeated violations: one request of many that breaks a rule is enough.
func unique(all []finding) []finding {
	var list []finding
	for _, f := range all {
		if !slices.ContainsFunc(list, func(other finding) bool { return other.Violation == f.Violation }) {
			list = append(list, f)
		}
	}
	return list
}
