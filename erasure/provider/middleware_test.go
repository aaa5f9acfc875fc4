package provider

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/provider/providersim"
)

// Middleware sees each call, nothing of the customer and no secret, and what it does to the
// request does not reach the provider.
func TestMiddleware(t *testing.T) {
	t.Parallel()
	for name, shape := range map[string]string{"InThePath": "stripe", "WithAToken": "paypal"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shape, _ := providersim.ShapeOf(shape)
			sim, err := providersim.Start(shape)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = sim.Close() })
			var seen []string
			file := write(t, "config.yaml", useEntry(shape.Name, sim.Parameters(), ""))
			connections, err := Load(file, env, WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
				return roundTrip(func(r *http.Request) (*http.Response, error) {
					seen = append(seen, fmt.Sprint(CallOf(r.Context()), r.Method, r.URL, r.Header, r.Host, r.RequestURI))
					changed := r.Clone(r.Context())
					changed.Method, changed.URL.Path = http.MethodPatch, "/elsewhere"
					changed.Header.Set("Traceparent", "of ours")
					return next.RoundTrip(changed)
				})
			}))
			if err != nil {
				t.Fatal(err)
			}
			got := connections[0].Erase(t.Context(), erasure.Progress{References: someone})
			if got.Kind != erasure.OutcomeSucceeded {
				t.Errorf("got %s %q", got.Kind, got.Reason)
			}
			all := strings.Join(seen, "\n")
			for _, hidden := range append(append([]string{secret, someone.Customer}, someone.Tokens...), someone.Payments...) {
				if strings.Contains(all, hidden) {
					t.Errorf("the middleware sees %q", hidden)
				}
			}
			if len(seen) == 0 || !strings.Contains(all, "/REDACTED") || strings.HasPrefix(seen[0], " ") {
				t.Errorf("the middleware sees %q", seen)
			}
		})
	}
}

// Middleware sees of a failure its kind, and the connector the failure itself.
func TestMiddlewareSeesTheKindOfAFailure(t *testing.T) {
	t.Parallel()
	var seen error
	file := write(t, "config.yaml", useEntry("stripe", map[string]string{"base_url": "http://127.0.0.1:1"}, ""))
	connections, err := Load(file, env, WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(r)
			seen = err
			return resp, err
		})
	}))
	if err != nil {
		t.Fatal(err)
	}
	got := connections[0].Erase(t.Context(), erasure.Progress{References: someone})
	if got.Reason != "connection_failed" || seen == nil || seen.Error() != "connection_failed" || errors.Unwrap(seen) == nil {
		t.Errorf("got %q, and the middleware %v", got.Reason, seen)
	}
}
