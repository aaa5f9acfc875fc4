package conformance

import (
	"slices"
	"testing"

	"github.com/yuno-community/yuno-customers/contract"
)

// A serverMutant is the reference server with one fault.
type serverMutant struct {
	name   string
	mutate mutation
	by     string        // the case that must catch it
	rule   contract.Rule // the rule that it breaks
	bare   bool          // judged without Target.Strict
	opts   []RunOption
}

var serverMutants = slices.Concat(responseMutants, keyMutants, parameterMutants, pathMutants, sequenceMutants, identityMutants)

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

func TestEveryCaseCatchesAMutant(t *testing.T) {
	t.Parallel()
	tested := map[string]bool{"header-name-case": true, "key-check-time": true} // in run_test.go and timing_test.go
	for _, c := range suite {
		caught := slices.ContainsFunc(serverMutants, func(m serverMutant) bool { return m.by == c.name }) ||
			slices.ContainsFunc(allReadMutants(c.operation), func(m readMutant) bool { return c.operation+"-"+m.by == c.name })
		if !tested[c.name] && !caught {
			t.Errorf("no mutant is caught by %s", c.name)
		}
	}
}

func TestEveryRuleIsBroken(t *testing.T) {
	t.Parallel()
	broken := map[contract.Rule]bool{}
	for _, m := range serverMutants {
		broken[m.rule] = true
	}
	for _, rt := range readTests {
		for _, m := range allReadMutants(rt.operation) {
			broken[m.rule] = true
		}
	}
	for _, rule := range []contract.Rule{
		contract.RuleNoResponse, contract.RuleStatus, contract.RuleAccepted, contract.RuleContentType,
		contract.RuleBodyUnexpected, contract.RuleBodyMissing, contract.RuleBodyTooLarge, contract.RuleTruncated,
		contract.RuleJSON, contract.RuleJSONTrailing, contract.RuleDuplicateKey, contract.RuleUndocumented,
		contract.RuleSchema, contract.RuleKeyEchoed, contract.RuleInternalText, contract.RuleAllow,
		RuleCaseStatus, RuleCaseCode, RuleCaseParameter, RuleCaseDiffers, RuleCaseErased, RuleCaseKept, RuleCaseOtherID, RuleCaseRequestID,
		RuleCaseDisclosed, RuleCaseAddress,
	} {
		if !broken[rule] {
			t.Errorf("no mutant breaks %s", rule)
		}
	}
}
