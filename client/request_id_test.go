package client_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
)

// The id of a request is what support asks for. A header that may be something else is
// not shown.
func TestRequestID(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 128)
	for header, want := range map[string]string{
		"7f0c": "7f0c", "req_01H.a-b": "req_01H.a-b", "Root=1-67;Parent=5": "Root=1-67;Parent=5", "a#1": "a#1", long: long,
		"": "", long + "a": "", "a b": "", "jane@example.com": "", "<script>": "", `a"b`: "", "\x1b[31m": "", "é": "", "{}": "",
		customerID: "[redacted]", "for:" + customerID: "for:[redacted]", creds.PublicAPIKey: "",
	} {
		t.Run(header, func(t *testing.T) {
			t.Parallel()
			for _, status := range []int{202, 403} {
				var log bytes.Buffer
				network := roundTripFunc(func(*http.Request) (*http.Response, error) {
					return &http.Response{StatusCode: status, Header: http.Header{"X-Request-Id": {header}}}, nil
				})
				c := newClient(t, client.BaseURLSandbox, client.WithHTTPClient(&http.Client{Transport: network}),
					client.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
				var resp client.Response
				err := c.DeleteCustomer(t.Context(), customerID, client.WithResponse(&resp))
				if resp.RequestID != want {
					t.Errorf("%d: got %q, want %q", status, resp.RequestID, want)
				}
				if got := strings.Contains(log.String(), "request_id="); got != (want != "") {
					t.Errorf("%d: logged %s", status, log.String())
				}
				texts := log.String() + resp.RequestID
				if status == 403 {
					e := asError(t, err)
					if got := strings.Contains(e.Error(), "(request id "+want+")"); e.RequestID != want || got != (want != "") {
						t.Errorf("got %q in %q, want %q", e.RequestID, e, want)
					}
					texts += e.Error()
				}
				if strings.Contains(texts, customerID) || strings.Contains(texts, "\x1b") || showsKey(texts) {
					t.Errorf("%d: got %q", status, texts)
				}
			}
		})
	}
	t.Run("OfTheLastAttempt", func(t *testing.T) {
		t.Parallel()
		server := newYuno(t, respond(503, "", "X-Request-Id", "r1"), respond(503, "", "X-Request-Id", "r2"), lose)
		e := asError(t, newClient(t, server.baseURL(), client.WithRetry(1, 1)).DeleteCustomer(t.Context(), customerID))
		if got, want := e.Error(), "delete customer: 503 Service Unavailable (request id r2; 2 attempts; the erasure may have been accepted)"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if got := fmt.Sprint(e.Response); !strings.Contains(got, "r2") {
			t.Errorf("got %s, want it to show the request id", got)
		}
		if e := asError(t, newClient(t, newYuno(t, lose).baseURL(), client.WithRetry(0, 0)).DeleteCustomer(t.Context(), customerID)); e.RequestID != "" {
			t.Errorf("got %q without a response", e.RequestID)
		}
	})
}
