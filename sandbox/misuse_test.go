package sandbox_test

import (
	"math"
	"testing"

	"github.com/yuno-community/yuno-customers/internal/misuse"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// Values that make no sense are errors of Open, which New fails its test with.
func TestMisuse(t *testing.T) {
	t.Parallel()
	with := func(opt sandbox.Option) func() error {
		return func() error {
			s, err := sandbox.Open(opt, sandbox.WithoutListener())
			if err == nil {
				s.Close()
			}
			return err
		}
	}
	misuse.Check(t, []misuse.Case{
		{Of: "Open", Value: "nil option", Use: with(nil), Want: "option 0 is nil"},
		{Of: "WithCustomers", Value: "none", Use: with(sandbox.WithCustomers())},
		{Of: "WithCustomers", Value: "empty", Use: with(sandbox.WithCustomers("c1", "")), Want: "customer 2: id is empty"},
		{Of: "WithCustomer", Value: "zero", Use: with(sandbox.WithCustomer(sandbox.Customer{})), Want: "customer: id is empty"},
		{Of: "WithAnonymisation", Value: "empty", Use: with(sandbox.WithAnonymisation(""))},
		{Of: "WithNotFoundStatus", Value: "zero", Use: with(sandbox.WithNotFoundStatus(0)), Want: "set 400 or 404"},
		{Of: "WithNotFoundStatus", Value: "negative", Use: with(sandbox.WithNotFoundStatus(-404)), Want: "set 400 or 404"},
		{Of: "WithCredentials", Value: "zero", Use: with(sandbox.WithCredentials(sandbox.Credentials{})), Want: "credentials: "},
		{Of: "WithRecordLimit", Value: "negative", Use: with(sandbox.WithRecordLimit(-1)), Want: "the record limit is -1"},
		{Of: "WithRecordLimit", Value: "most", Use: with(sandbox.WithRecordLimit(math.MaxInt))},
	}, map[string]string{"New": "is Open, and fails the test with the same errors"})
}
