package seal_test

import (
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/internal/misuse"
)

// Values that make no sense are errors.
func TestMisuse(t *testing.T) {
	t.Parallel()
	ring := func(current []byte, older ...[]byte) func() error {
		return func() error { _, err := seal.NewRing(current, older...); return err }
	}
	key := []byte("0123456789abcdef0123456789abcdef")
	misuse.Check(t, []misuse.Case{
		{Of: "NewRing", Value: "nil", Use: ring(nil), Want: "master key 1: has 0 bytes, want 32"},
		{Of: "NewRing", Value: "zeros", Use: ring(make([]byte, seal.KeySize)), Want: "is one byte repeated"},
		{Of: "NewRing", Value: "nil older", Use: ring(key, nil), Want: "master key 2: has 0 bytes"},
		{Of: "NewRing", Value: "duplicate", Use: ring(key, key), Want: "master key 2 is a duplicate"},
		{Of: "Load", Value: "no environment", Use: func() error { _, _, err := seal.Load(nil, "key"); return err }, Want: "getenv is nil"},
		{Of: "Load", Value: "no path", Use: func() error { _, _, err := seal.Load(environment(), ""); return err }, Want: "no master key"},
	}, nil)
	if ids := new(seal.Ring).IDs(); len(ids) != 0 {
		t.Errorf("the zero ring has keys: %v", ids)
	}
}
