package client_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/yuno-community/yuno-customers/client"
)

// record is a log record without its durations.
type record struct {
	Level, Msg, Operation, Code, Failure string
	Attempt, Status                      int
}

func logged(t *testing.T, level slog.Level, script ...http.HandlerFunc) (records []record, text string) {
	t.Helper()
	var buf bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&buf, &slog.HandlerOptions{Level: level}))
	synctest.Test(t, func(t *testing.T) {
		server, over := newPipedYuno(t, script...)
		c := newClient(t, server.baseURL(), client.WithHTTPClient(over), client.WithLogger(logger))
		_ = c.DeleteCustomer(t.Context(), customerID)
	})
	for line := range strings.Lines(buf.String()) {
		var r record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	return records, buf.String()
}

func TestWithLogger(t *testing.T) {
	t.Parallel()
	const debug, info = "DEBUG", "INFO"
	for _, tc := range []struct {
		name   string
		level  slog.Level
		script []http.HandlerFunc
		want   []record
	}{
		{"Accepted", slog.LevelDebug, []http.HandlerFunc{accept}, []record{
			{debug, "yuno attempt", "delete-customer", "", "", 1, 202},
		}},
		{"Retried", slog.LevelDebug, []http.HandlerFunc{respond(503, `{"code":"X_1"}`), lose, notFound}, []record{
			{debug, "yuno attempt", "delete-customer", "X_1", "", 1, 503},
			{info, "yuno retry", "delete-customer", "X_1", "", 1, 503},
			{debug, "yuno attempt", "delete-customer", "", "no response", 2, 0},
			{info, "yuno retry", "delete-customer", "", "no response", 2, 0},
			{debug, "yuno attempt", "delete-customer", "CUSTOMER_NOT_FOUND", "", 3, 400},
		}},
		{"InfoIsRetriesOnly", slog.LevelInfo, []http.HandlerFunc{respond(503, ""), accept}, []record{
			{info, "yuno retry", "delete-customer", "", "", 1, 503},
		}},
		// A failure that the call returns is not logged.
		{"FinalFailureIsNotLogged", slog.LevelInfo, []http.HandlerFunc{respond(401, "")}, nil},
		{"WarnIsSilent", slog.LevelWarn, []http.HandlerFunc{lose}, nil},
		{"BodyBrokenOff", slog.LevelDebug, []http.HandlerFunc{breakOff(202)}, []record{
			{debug, "yuno attempt", "delete-customer", "", "body incomplete", 1, 202},
		}},
		{"TooLarge", slog.LevelDebug, []http.HandlerFunc{flood(202)}, []record{
			{debug, "yuno attempt", "delete-customer", "", "too large", 1, 202},
		}},
		{"Timeout", slog.LevelInfo, []http.HandlerFunc{hang, accept}, []record{
			{info, "yuno retry", "delete-customer", "", "timeout", 1, 0},
		}},
		{"CodeOfAnotherKind", slog.LevelDebug, []http.HandlerFunc{respond(400, `{"code":"jane.doe@example.com"}`)}, []record{
			{debug, "yuno attempt", "delete-customer", "", "", 1, 400},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, text := logged(t, tc.level, tc.script...)
			if len(got) != len(tc.want) {
				t.Fatalf("got %d records, want %d:\n%s", len(got), len(tc.want), text)
			}
			for i := range got {
				if got[i] != tc.want[i] {
					t.Errorf("record %d: got %+v, want %+v", i, got[i], tc.want[i])
				}
			}
		})
	}
}

func TestLogNamesFailuresWithoutResponse(t *testing.T) {
	t.Parallel()
	for want, network := range map[string]roundTripFunc{
		"not sent":    func(*http.Request) (*http.Response, error) { return nil, &net.OpError{Op: "dial", Err: io.EOF} },
		"no response": func(*http.Request) (*http.Response, error) { return nil, io.EOF },
		"canceled":    func(*http.Request) (*http.Response, error) { return nil, context.Canceled },
		"middleware":  nil,
	} {
		opts := []client.Option{client.WithRetry(0, 0)}
		if network == nil {
			opts = append(opts, client.WithMiddleware(func(http.RoundTripper) http.RoundTripper {
				return roundTripFunc(func(*http.Request) (*http.Response, error) { return nil, io.EOF })
			}))
		} else {
			opts = append(opts, client.WithHTTPClient(&http.Client{Transport: network}))
		}
		var log bytes.Buffer
		opts = append(opts, client.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
		_ = newClient(t, client.BaseURLSandbox, opts...).DeleteCustomer(t.Context(), customerID)
		if !strings.Contains(log.String(), "failure="+want) && !strings.Contains(log.String(), `failure="`+want) {
			t.Errorf("logged %s, want failure %s", log.String(), want)
		}
	}
}

// The allowed attributes are repeated here, so that adding one is a deliberate
// change.
func TestLogContainsNothingElse(t *testing.T) {
	t.Parallel()
	allowed := map[string]bool{"time": true, "level": true, "msg": true, "operation": true, "attempt": true, "status": true, "code": true, "failure": true, "request_id": true, "took": true, "wait": true}
	_, text := logged(t, slog.LevelDebug, respond(503, `{"code":"X","messages":["jane.doe@example.com"]}`, "X-Trace", "t1"), lose, echoKeys)
	for line := range strings.Lines(text) {
		var attrs map[string]any
		if err := json.Unmarshal([]byte(line), &attrs); err != nil {
			t.Fatal(err)
		}
		for name := range attrs {
			if !allowed[name] {
				t.Errorf("%s is logged", name)
			}
		}
	}
	for _, secret := range []string{customerID, creds.AccountCode, "jane.doe", "127.0.0.1", "t1"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is logged", secret)
		}
	}
	if showsKey(text) {
		t.Error("a key is logged")
	}
}

// The body of a customer is not an error body, whatever it contains.
func TestLogShowsNothingOfACustomer(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	server := newYuno(t, respond(200, `{"id":"`+customerID+`","code":"JANE_DOE","messages":["jane.doe"]}`))
	c := newClient(t, server.baseURL(), client.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	for _, id := range []string{customerID, "other-customer"} {
		_, _ = c.Customer(t.Context(), id)
	}
	text := log.String()
	if !strings.Contains(text, "operation=retrieve-customer") || !strings.Contains(text, `failure="unexpected body"`) || strings.Contains(strings.ToLower(text), "jane") || strings.Contains(text, customerID) {
		t.Errorf("logged %s", text)
	}
}
