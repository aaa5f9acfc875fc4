// Package load checks that package contract can judge by the current contract. It
// has a folder of its own so that it compiles even if the rest of the module no
// longer fits the generated code.
package load

import (
	"testing"

	"github.com/yuno-community/yuno-customers/contract"
)

func TestContractLoads(t *testing.T) {
	t.Parallel()
	if _, err := contract.New(); err != nil {
		t.Error(err)
	}
	if _, err := contract.New(contract.WithStrict()); err != nil {
		t.Errorf("strict: %v", err)
	}
}
