package client_test

import (
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/internal/misuse"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// Values that make no sense are errors of New or of the call, and nothing is sent.
func TestMisuse(t *testing.T) {
	t.Parallel()
	sb := sandbox.New(t, sandbox.WithCustomers("c1"))
	with := func(opts ...client.Option) func() error {
		return func() error {
			_, err := client.New(sb.Credentials(), append([]client.Option{client.WithBaseURL(sb.URL())}, opts...)...)
			return err
		}
	}
	calling := func(opts ...client.CallOption) func() error {
		return func() error {
			yuno, err := client.New(sb.Credentials(), client.WithBaseURL(sb.URL()))
			if err != nil {
				return err
			}
			return yuno.DeleteCustomer(t.Context(), "c1", opts...)
		}
	}
	none := func(http.RoundTripper) http.RoundTripper { return nil }
	misuse.Check(t, []misuse.Case{
		{Of: "New", Value: "no credentials", Use: func() error { _, err := client.New(client.Credentials{}); return err }, Want: "is empty"},
		{Of: "New", Value: "nil option", Use: with(nil), Want: "Option is nil"},
		{Of: "WithBaseURL", Value: "empty", Use: with(client.WithBaseURL("")), Want: "base URL is empty"},
		{Of: "WithBaseURL", Value: "no host", Use: with(client.WithBaseURL("https://")), Want: "base URL has no host"},
		{Of: "WithHTTPClient", Value: "nil", Use: with(client.WithHTTPClient(nil)), Want: "WithHTTPClient: client is nil"},
		{Of: "WithHTTPClient", Value: "zero", Use: with(client.WithHTTPClient(&http.Client{}))},
		{Of: "WithHTTPClient", Value: "typed nil", Use: with(client.WithHTTPClient(&http.Client{Transport: (*http.Transport)(nil)})), Want: "Transport is a nil *http.Transport"},
		{Of: "WithHTTPClient", Value: "negative", Use: with(client.WithHTTPClient(&http.Client{Timeout: -1})), Want: "is negative"},
		{Of: "WithMiddleware", Value: "nil", Use: with(client.WithMiddleware(nil)), Want: "function 0 is nil"},
		{Of: "WithMiddleware", Value: "hidden nil", Use: with(client.WithMiddleware(client.HideIDs(nil))), Want: "function 0 is nil"},
		{Of: "WithMiddleware", Value: "nothing", Use: with(client.WithMiddleware(none)), Want: "a function returned nil"},
		{Of: "WithMiddleware", Value: "hidden nothing", Use: with(client.WithMiddleware(client.HideIDs(none))), Want: "a function returned nil"},
		{Of: "WithRetry", Value: "negative", Use: with(client.WithRetry(-1, time.Second)), Want: "WithRetry: maxRetries -1 is negative"},
		{Of: "WithRetry", Value: "no wait", Use: with(client.WithRetry(1, 0)), Want: "WithRetry: maxDelay 0s"},
		{Of: "WithRetry", Value: "longest wait", Use: with(client.WithRetry(1, math.MaxInt64)), Want: "WithRetry: maxDelay"},
		{Of: "WithRetry", Value: "most", Use: with(client.WithRetry(math.MaxInt, time.Second))},
		{Of: "WithAttemptTimeout", Value: "zero", Use: with(client.WithAttemptTimeout(0)), Want: "WithAttemptTimeout: 0s is not positive"},
		{Of: "WithAttemptTimeout", Value: "negative", Use: with(client.WithAttemptTimeout(-1)), Want: "is not positive"},
		{Of: "WithAttemptTimeout", Value: "longest", Use: with(client.WithAttemptTimeout(math.MaxInt64))},
		{Of: "WithMaxInFlight", Value: "zero", Use: with(client.WithMaxInFlight(0)), Want: "WithMaxInFlight: 0 is not positive"},
		{Of: "WithMaxInFlight", Value: "negative", Use: with(client.WithMaxInFlight(-1)), Want: "WithMaxInFlight: -1"},
		{Of: "WithMaxInFlight", Value: "most", Use: with(client.WithMaxInFlight(math.MaxInt))},
		{Of: "WithUserAgent", Value: "empty", Use: with(client.WithUserAgent(" ")), Want: "WithUserAgent: product is empty"},
		{Of: "WithUserAgent", Value: "long", Use: with(client.WithUserAgent(strings.Repeat("x", 129))), Want: "longer than 128"},
		{Of: "WithUserAgent", Value: "line break", Use: with(client.WithUserAgent("a\r\nb")), Want: "not printable ASCII"},
		{Of: "WithLogger", Value: "nil", Use: with(client.WithLogger(nil)), Want: "WithLogger: logger is nil"},
		{Of: "WithAccountCode", Value: "empty", Use: calling(client.WithAccountCode("")), Want: "WithAccountCode: code"},
		{Of: "WithAccountCode", Value: "line break", Use: calling(client.WithAccountCode("a\nb")), Want: "WithAccountCode: code"},
		{Of: "WithResponse", Value: "nil", Use: calling(client.WithResponse(nil)), Want: "WithResponse: dst is nil"},
		{Of: "WithResponse", Value: "nil option", Use: calling(nil), Want: "CallOption is nil"},
	}, nil)
	if n := len(sb.Requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}
