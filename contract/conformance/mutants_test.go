package conformance

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/yuno-community/yuno-customers/contract"
)

// A serverMutant is the reference with one fault, and the case and the rule that must
// report it.
type serverMutant struct {
	name   string
	mutate func(ref *reference)
	by     string
	rule   contract.Rule
	bare   bool // judged without Strict
	opts   []RunOption
}

// rewriting changes every answer of the status.
func rewriting(status int, f func(res *result)) func(*reference) {
	return func(ref *reference) {
		ref.after = func(_ *reference, _ *http.Request, res *result) {
			if res.status == status {
				f(res)
			}
		}
	}
}

// bodied changes the body of every answer of the status.
func bodied(status int, body string) func(*reference) {
	return rewriting(status, func(res *result) { res.body = body })
}

// typed changes the content type of every 400.
func typed(values ...string) func(*reference) {
	return rewriting(400, func(res *result) { res.header["Content-Type"] = values })
}

// statused changes one status into another.
func statused(from, to int) func(*reference) {
	return rewriting(from, func(res *result) { res.status = to })
}

// keyed replaces the check of the keys.
func keyed(f func(public, secret []string, c Credentials) bool) func(*reference) {
	return func(ref *reference) {
		ref.keys = func(_ *reference, r *http.Request) (string, bool) {
			for _, c := range []Credentials{first, second} {
				if f(r.Header[publicHeader], r.Header[secretHeader], c) {
					return c.AccountCode, true
				}
			}
			return "", false
		}
	}
}

// accepting makes the check of the account code let more pass.
func accepting(f func(values []string) bool) func(*reference) {
	return func(ref *reference) {
		strict := ref.account
		ref.account = func(values []string) (result, bool) {
			if f(values) {
				return result{}, true
			}
			return strict(values)
		}
		erase := ref.erase
		ref.access = func(own, named string) bool { return own == named || f([]string{named}) }
		ref.erase = func(ref *reference, account, id string) result {
			if f([]string{account}) {
				account = first.AccountCode
			}
			return erase(ref, account, id)
		}
	}
}

func identified(f func(id string) bool) func(*reference) {
	return func(ref *reference) { ref.id = f }
}

func around(f func(next http.Handler) http.Handler) func(*reference) {
	return func(ref *reference) { ref.serve = f }
}

func is(values []string, want string) bool { return len(values) == 1 && values[0] == want }

func has(values []string, want string) bool { return slices.Contains(values, want) }

var serverMutants = slices.Concat(answerMutants, refusalMutants, identityMutants)

func copyAnswer(w http.ResponseWriter, rec *httptest.ResponseRecorder) {
	for name, values := range rec.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(rec.Code)
	_, _ = w.Write(rec.Body.Bytes())
}

func TestServerMutants(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, m := range serverMutants {
		if names[m.name] {
			t.Errorf("two mutants are named %q", m.name)
		}
		names[m.name] = true
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			ref := newReference()
			m.mutate(ref)
			target := ref.target()
			target.Strict = !m.bare
			report := mustRun(t, target, append(m.opts, only(m.by), WithoutCustomers())...)
			if report.OK() {
				t.Error("the run found nothing wrong")
			}
			wantViolation(t, report, m.by, m.rule)
		})
	}
}

// wantViolation fails the test unless the case reports the rule.
func wantViolation(t *testing.T, report Report, by string, rule contract.Rule) {
	t.Helper()
	for _, r := range report.Results {
		if r.Name != by {
			continue
		}
		for _, v := range r.Violations {
			if v.Rule == rule {
				return
			}
		}
		t.Errorf("case %s %s %q with %v, want rule %s", r.Name, r.Outcome, r.Reason, r.Violations, rule)
		return
	}
	t.Errorf("no case %q", by)
}

// A case that catches nothing is no case.
func TestEveryCaseCatchesAMutant(t *testing.T) {
	t.Parallel()
	elsewhere := map[string]bool{"header-name-case": true, "key-check-time": true} // in run_test.go and timing_test.go
	for _, c := range suite() {
		if !elsewhere[c.name] && !slices.ContainsFunc(serverMutants, func(m serverMutant) bool { return m.by == c.name }) {
			t.Errorf("no mutant is caught by %s", c.name)
		}
	}
}

// Nor is a rule that nothing breaks.
func TestEveryRuleIsBroken(t *testing.T) {
	t.Parallel()
	broken := map[contract.Rule]bool{}
	for _, m := range serverMutants {
		broken[m.rule] = true
	}
	for _, rule := range []contract.Rule{
		contract.RuleNoResponse, contract.RuleStatus, contract.RuleAccepted, contract.RuleContentType,
		contract.RuleBodyUnexpected, contract.RuleBodyMissing, contract.RuleBodyTooLarge, contract.RuleTruncated,
		contract.RuleJSON, contract.RuleJSONTrailing, contract.RuleDuplicateKey, contract.RuleUndocumented,
		contract.RuleSchema, contract.RuleKeyEchoed, contract.RuleInternalText, contract.RuleAllow,
		RuleCaseStatus, RuleCaseCode, RuleCaseParameter, RuleCaseDiffers, RuleCaseErased, RuleCaseKept, RuleCaseOtherID, RuleCaseRequestID,
	} {
		if !broken[rule] {
			t.Errorf("no mutant breaks %s", rule)
		}
	}
}
