package server_test

import (
	"net/http"
	"testing"

	"github.com/yuno-community/yuno-customers/server"
)

// TestUnsupported expects the 405 only after the keys and parameters were checked: until
// then it is not known that the implementation lacks the operation.
func TestUnsupported(t *testing.T) {
	t.Parallel()
	h := mountService(t, server.Unsupported{})
	for method, allow := range map[string]string{http.MethodDelete: "GET", http.MethodGet: "DELETE"} {
		got := do(h, request(method, path, nil))
		got.want(t, http.StatusMethodNotAllowed, "UNSUPPORTED_METHOD")
		if got.header.Get("Allow") != allow {
			t.Errorf("%s: got Allow %q, want %q", method, got.header.Get("Allow"), allow)
		}
		do(h, request(method, path, without("Public-Api-Key"))).want(t, http.StatusUnauthorized, "INVALID_CREDENTIALS")
	}
}
