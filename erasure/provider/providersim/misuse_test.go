package providersim_test

import (
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/provider/providersim"
	"github.com/yuno-community/yuno-customers/internal/misuse"
)

// A shape without calls is a provider that knows no path.
func TestMisuse(t *testing.T) {
	t.Parallel()
	misuse.Check(t, []misuse.Case{
		{Of: "Start", Value: "zero shape", Use: func() error {
			sim, err := providersim.Start(providersim.Shape{})
			if err == nil {
				err = sim.Close()
			}
			return err
		}},
	}, map[string]string{"StartOn": "panics at once without a listener, as net/http does"})
}
