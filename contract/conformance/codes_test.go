package conformance

import (
	"testing"
)

func TestOnlyKnownCodesArePrinted(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"INTERNAL_ERROR": "INTERNAL_ERROR", "CUSTOMER_NOT_FOUND": "CUSTOMER_NOT_FOUND", "": "no code",
		"jane.doe@example.com": "another code", first.PrivateSecretKey: "another code", "5551234": "another code", "X": "another code",
	} {
		if got := codeName(code); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
