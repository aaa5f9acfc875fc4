package conformance_test

import (
	"math"
	"net/http"
	"testing"

	"github.com/yuno-community/yuno-customers/contract/conformance"
	"github.com/yuno-community/yuno-customers/internal/misuse"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// Values that make no sense are errors before anything is sent.
func TestMisuse(t *testing.T) {
	t.Parallel()
	sb := sandbox.New(t)
	target := conformance.Target{BaseURL: sb.URL(), Credentials: sb.Credentials()}
	with := func(opts ...conformance.RunOption) func() error {
		return func() error { return target.Validate(opts...) }
	}
	misuse.Check(t, []misuse.Case{
		{Of: "WithBaseline", Value: "zero", Use: with(conformance.WithBaseline(conformance.Baseline{}))},
		{Of: "WithSkip", Value: "none", Use: with(conformance.WithSkip())},
		{Of: "WithSkip", Value: "empty", Use: with(conformance.WithSkip("")), Want: `no case is named ""`},
		{Of: "WithTimeout", Value: "zero", Use: with(conformance.WithTimeout(0)), Want: "timeout: 0s"},
		{Of: "WithTimeout", Value: "negative", Use: with(conformance.WithTimeout(-1)), Want: "want more than 0"},
		{Of: "WithTimeout", Value: "longest", Use: with(conformance.WithTimeout(math.MaxInt64))},
		{Of: "WithTiming", Value: "negative", Use: with(conformance.WithTiming(-1)), Want: "timing: -1 rounds"},
		{Of: "WithTiming", Value: "zero", Use: with(conformance.WithTiming(0)), Want: "timing: 0 rounds"},
		{Of: "WithTiming", Value: "most", Use: with(conformance.WithTiming(math.MaxInt)), Want: "want 50 to 100000"},
		{Of: "WithTrace", Value: "nil", Use: with(conformance.WithTrace(nil))},
		{Of: "WithMinCoverage", Value: "NaN", Use: with(conformance.WithMinCoverage(math.NaN())), Want: "minimum coverage: NaN"},
		{Of: "WithMinCoverage", Value: "infinite", Use: with(conformance.WithMinCoverage(math.Inf(1))), Want: "minimum coverage: +Inf"},
		{Of: "WithMinCoverage", Value: "negative", Use: with(conformance.WithMinCoverage(-0.1)), Want: "want 0 to 1"},
		{Of: "WithMinCoverage", Value: "percent", Use: with(conformance.WithMinCoverage(80)), Want: "want 0 to 1"},
		{Of: "WithMinCoverage", Value: "nil option", Use: with(nil), Want: "run option: nil"},
	}, nil)
	for name, c := range map[string]struct {
		target conformance.Target
		want   string
	}{
		"typed nil handler": {conformance.Target{Handler: http.HandlerFunc(nil), Credentials: target.Credentials}, "conformance: handler: a nil http.HandlerFunc"},
		"no target":         {conformance.Target{Credentials: target.Credentials}, "conformance: want a base URL or a handler"},
	} {
		if err := c.target.Validate(); err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	if n := len(sb.Requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}
