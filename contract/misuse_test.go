package contract_test

import (
	"testing"

	"github.com/yuno-community/yuno-customers/contract"
	"github.com/yuno-community/yuno-customers/internal/misuse"
)

// Values that make no sense are errors of New.
func TestMisuse(t *testing.T) {
	t.Parallel()
	with := func(opts ...contract.Option) func() error {
		return func() error { _, err := contract.New(opts...); return err }
	}
	misuse.Check(t, []misuse.Case{
		{Of: "New", Value: "nothing", Use: with()},
		{Of: "New", Value: "nil option", Use: with(nil), Want: "contract: option: nil"},
		{Of: "WithDocument", Value: "nil", Use: with(contract.WithDocument(nil)), Want: "contract: document: empty"},
		{Of: "WithDocument", Value: "no document", Use: with(contract.WithDocument([]byte("null"))), Want: "contract: "},
		{Of: "WithDocument", Value: "zero byte", Use: with(contract.WithDocument([]byte{0})), Want: "contract: "},
		{Of: "WithOperations", Value: "none", Use: with(contract.WithOperations()), Want: "name at least one"},
		{Of: "WithOperations", Value: "empty", Use: with(contract.WithOperations("")), Want: "contract: "},
		{Of: "WithBasePath", Value: "empty", Use: with(contract.WithBasePath(""))},
		{Of: "WithBasePath", Value: "relative", Use: with(contract.WithBasePath("v1")), Want: `base path "v1"`},
		{Of: "WithBasePath", Value: "double slash", Use: with(contract.WithBasePath("//")), Want: "base path"},
	}, nil)
}
