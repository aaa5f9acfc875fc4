package contract

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// serve sends one request through Handler and returns what is wrong and the response.
func serve(t *testing.T, c *Checker, h http.HandlerFunc, edits ...edit) (*recordingT, *httptest.ResponseRecorder) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodDelete, "/v1/customers/c1", nil)
	as(first)(r)
	for _, e := range edits {
		e(r)
	}
	got, w := &recordingT{}, httptest.NewRecorder()
	c.Handler(got, h).ServeHTTP(w, r)
	return got, w
}

func status(code int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		if body != "" && w.Header().Get("Content-Type") == "" {
			w.Header().Set("Content-Type", "application/json")
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

var handlerTests = []struct {
	name   string
	serve  http.HandlerFunc
	edits  []edit
	strict []Rule
	bare   []Rule
}{
	{name: "Accepted", serve: status(202, "")},
	{name: "Refused", serve: status(400, errorBody)},
	{name: "Unavailable", serve: status(503, errorBody, "Retry-After", "3"), bare: []Rule{RuleStatus}},
	{name: "UnavailableWithoutRetryAfter", serve: status(503, errorBody), strict: []Rule{RuleRetryAfter}, bare: []Rule{RuleStatus}},
	{name: "TooManyWithADate", serve: status(429, errorBody, "Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT"), strict: []Rule{RuleRetryAfter}, bare: []Rule{RuleStatus}},
	{name: "TooManyWithNegativeRetryAfter", serve: status(429, errorBody, "Retry-After", "-1"), strict: []Rule{RuleRetryAfter}, bare: []Rule{RuleStatus}},
	{name: "NothingWritten", serve: func(http.ResponseWriter, *http.Request) {}, strict: []Rule{RuleStatus}, bare: []Rule{RuleStatus}},
	{name: "Redirect", serve: status(307, ""), strict: []Rule{RuleStatus}, bare: []Rule{RuleStatus}},
	{name: "SniffedContentType", serve: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(400); _, _ = io.WriteString(w, errorBody) },
		strict: []Rule{RuleContentType}, bare: []Rule{RuleContentType}},
	{name: "BodyWithoutStatus", serve: func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, errorBody) },
		strict: []Rule{RuleStatus}, bare: []Rule{RuleStatus}},
	{name: "HeaderSetTooLate", serve: func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(400)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, errorBody)
	}, strict: []Rule{RuleContentType}, bare: []Rule{RuleContentType}},
	{name: "SecondStatusIsIgnored", serve: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(202); w.WriteHeader(500) }},
	{name: "EarlyHintsBefore", serve: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(202) }},
	{name: "TooShort", serve: status(400, errorBody, "Content-Length", "1000"), strict: []Rule{RuleTruncated}, bare: []Rule{RuleTruncated}},
	{name: "TooLong", serve: status(400, errorBody, "Content-Length", "2"), strict: []Rule{RuleTruncated}, bare: []Rule{RuleTruncated}},
	{name: "RightLength", serve: status(400, errorBody, "Content-Length", fmt.Sprint(len(errorBody)))},
	{name: "TooLarge", serve: status(400, `{"code":"`+strings.Repeat("x", MaxBody)+`","messages":["m"]}`),
		strict: []Rule{RuleBodyTooLarge}, bare: []Rule{RuleBodyTooLarge}},
	{name: "CharsetInContentType", serve: status(400, errorBody, "Content-Type", "Application/JSON; charset=utf-8")},

	{name: "KeyMissingAndAccepted", serve: status(202, ""), edits: []edit{without(secretHeader)}, strict: []Rule{RuleAccepted}, bare: []Rule{RuleAccepted}},
	{name: "KeyEmptyAndAccepted", serve: status(202, ""), edits: []edit{with(publicHeader, "")}, strict: []Rule{RuleAccepted}, bare: []Rule{RuleAccepted}},
	{name: "KeyMissingAndRefused", serve: status(401, errorBody), edits: []edit{without(secretHeader)}},
	{name: "AccountMissingAndAccepted", serve: status(202, ""), edits: []edit{without(accountHeader)}, strict: []Rule{RuleAccepted}, bare: []Rule{RuleAccepted}},
	{name: "AccountMalformedAndAccepted", serve: status(202, ""), edits: []edit{with(accountHeader, "acme")}, strict: []Rule{RuleAccepted}},
	{name: "KeyRepeatedAndAccepted", serve: status(202, ""), edits: []edit{with(secretHeader, "a", "b")}, strict: []Rule{RuleAccepted}},
	{name: "BodyAndAccepted", serve: status(202, ""), edits: []edit{sized(`{}`)}, strict: []Rule{RuleAccepted}},
	{name: "UnreadChunkedBody", serve: status(202, ""), edits: []edit{chunked(`{}`)}},
	{name: "ChunkedBodyReadAndAccepted", serve: func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(202)
	}, edits: []edit{chunked(`{}`)}, strict: []Rule{RuleAccepted}},
	{name: "EmptyChunkedBody", serve: func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(202)
	}, edits: []edit{chunked("")}},
	{name: "QueryAndAccepted", serve: status(202, ""), edits: []edit{withPath("/v1/customers/c1?x=1")}},
	{name: "LongIDAndAccepted", serve: status(202, ""), edits: []edit{withPath("/v1/customers/" + strings.Repeat("x", 65))}, strict: []Rule{RuleAccepted}},

	{name: "OtherMethodRefused", serve: status(405, errorBody, "Allow", "DELETE"), edits: []edit{method("PUT")}},
	{name: "OtherMethodWithoutAllow", serve: status(405, errorBody), edits: []edit{method("PUT")}, strict: []Rule{RuleAllow}},
	{name: "OtherMethodNotFound", serve: status(404, errorBody), edits: []edit{method("PUT")}, strict: []Rule{RuleStatus}},
	{name: "OtherMethodServed", serve: status(200, `{"id":"c1"}`), edits: []edit{method("PUT")}, strict: []Rule{RuleStatus}},
	{name: "OtherMethodInText", serve: status(405, "no\n", "Allow", "DELETE", "Content-Type", "text/plain"), edits: []edit{method("PUT")}, strict: []Rule{RuleContentType, RuleJSON}},
	{name: "HeadRefused", serve: status(405, "", "Allow", "DELETE"), edits: []edit{method("HEAD")}},
	{name: "HeadServed", serve: status(200, ""), edits: []edit{method("HEAD")}, strict: []Rule{RuleStatus}},
	{name: "OtherPathRefused", serve: status(404, errorBody), edits: []edit{withPath("/v1/x")}},
	{name: "OtherPathInText", serve: status(404, "404 page not found\n", "Content-Type", "text/plain; charset=utf-8"), edits: []edit{withPath("/v1/x")},
		strict: []Rule{RuleContentType, RuleJSONTrailing}},
	{name: "OtherPathRedirected", serve: status(301, ""), edits: []edit{withPath("/v1/customers/../x")}, strict: []Rule{RuleStatus}},
	{name: "OtherPathServed", serve: status(200, ""), edits: []edit{withPath("/")}, strict: []Rule{RuleStatus}},

	{name: "KeyEchoed", serve: status(400, `{"code":"A","messages":["`+first.secretKey+`"]}`), strict: []Rule{RuleKeyEchoed}, bare: []Rule{RuleKeyEchoed}},
	{name: "KeyEchoedInHeader", serve: status(202, "", "X-Key", "k="+first.publicKey), strict: []Rule{RuleKeyEchoed}, bare: []Rule{RuleKeyEchoed}},
	{name: "KeyEchoedElsewhere", serve: status(404, "", "X-Key", first.secretKey), edits: []edit{withPath("/")},
		strict: []Rule{RuleKeyEchoed, RuleContentType, RuleBodyMissing}, bare: []Rule{RuleKeyEchoed}},
	{name: "InternalText", serve: status(500, `{"code":"A","messages":["pq: SQLSTATE 42P01"]}`), strict: []Rule{RuleInternalText}},
	{name: "Aborted", serve: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, strict: []Rule{RuleNoResponse}, bare: []Rule{RuleNoResponse}},
}

func TestHandler(t *testing.T) {
	t.Parallel()
	strict, bare := mustNew(t, WithStrict()), mustNew(t)
	for _, tt := range handlerTests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, check := range []struct {
				name    string
				checker *Checker
				want    []Rule
			}{{"strict", strict, tt.strict}, {"bare", bare, tt.bare}} {
				got := serveEvenIfAborted(t, check.checker, tt.serve, tt.edits)
				if !slices.Equal(got.rules(), check.want) {
					t.Errorf("%s: got %v, want %v", check.name, got.violations, check.want)
				}
				wantNoSecrets(t, got.violations)
			}
		})
	}
}

// serveEvenIfAborted is serve for handlers that may panic with http.ErrAbortHandler.
func serveEvenIfAborted(t *testing.T, c *Checker, h http.HandlerFunc, edits []edit) (got *recordingT) {
	t.Helper()
	got = &recordingT{}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodDelete, "/v1/customers/c1", nil)
	as(first)(r)
	for _, e := range edits {
		e(r)
	}
	defer func() {
		if p := recover(); p != nil && p != http.ErrAbortHandler {
			t.Errorf("panic: %v", p)
		}
	}()
	c.Handler(got, h).ServeHTTP(httptest.NewRecorder(), r)
	return got
}

func withPath(p string) edit { return to("http://host" + p) }

func TestHandlerPassesResponsesOn(t *testing.T) {
	t.Parallel()
	_, w := serve(t, mustNew(t), status(400, errorBody, "X-Request-Id", "7"))
	if w.Code != 400 || w.Body.String() != errorBody || w.Header().Get("X-Request-Id") != "7" {
		t.Errorf("got %d %q %v", w.Code, w.Body, w.Header())
	}
}

func TestHandlerPassesLargeBodiesOn(t *testing.T) {
	t.Parallel()
	_, w := serve(t, mustNew(t), func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(400)
		for range 3 {
			_, _ = io.WriteString(w, strings.Repeat("x", MaxBody))
		}
	})
	if w.Body.Len() != 3*MaxBody {
		t.Errorf("got %d bytes, want %d", w.Body.Len(), 3*MaxBody)
	}
}

func TestHandlerFlushes(t *testing.T) {
	t.Parallel()
	for name, flush := range map[string]func(http.ResponseWriter){
		"Flusher":            func(w http.ResponseWriter) { w.(http.Flusher).Flush() },
		"ResponseController": func(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() },
	} {
		var flushed bool
		got, w := serve(t, mustNew(t), func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(202)
			flush(w)
			flushed = true
		})
		if !flushed || !w.Flushed || len(got.violations) > 0 {
			t.Errorf("%s: flushed %v, found %v", name, w.Flushed, got.violations)
		}
	}
}

func TestHandlerConnectionTakenOver(t *testing.T) {
	t.Parallel()
	got := &recordingT{}
	done := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(done)
		mustNew(t).Handler(got, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_ = conn.Close()
		})).ServeHTTP(w, r)
	}))
	defer server.Close()
	r := rightRequest(t)
	to(server.URL + "/v1/customers/c1")(r)
	if resp, err := new(http.Transport).RoundTrip(r); err == nil {
		_ = resp.Body.Close()
		t.Error("got a response from a closed connection")
	}
	<-done
	if !slices.Equal(got.rules(), []Rule{RuleNoResponse}) {
		t.Errorf("got %v, want rule %s", got.violations, RuleNoResponse)
	}
}

func TestHandlerPanicContinues(t *testing.T) {
	t.Parallel()
	defer func() {
		if p := recover(); p != "boom" {
			t.Errorf("recovered %v, want boom", p)
		}
	}()
	serve(t, mustNew(t), func(http.ResponseWriter, *http.Request) { panic("boom") })
}

// That the client is gone is not the handler's fault.
func TestHandlerClientGone(t *testing.T) {
	t.Parallel()
	got := &recordingT{}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodDelete, "/v1/customers/c1", nil)
	as(first)(r)
	mustNew(t).Handler(got, status(400, errorBody, "Content-Length", fmt.Sprint(len(errorBody)))).ServeHTTP(brokenWriter{httptest.NewRecorder()}, r)
	if len(got.violations) > 0 {
		t.Errorf("found %v", got.violations)
	}
}

// Handlers such as http.StripPrefix change their request.
func TestHandlerJudgesOriginalRequest(t *testing.T) {
	t.Parallel()
	got, _ := serve(t, mustNew(t), func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set(secretHeader, "added")
		r.URL.Path = "/elsewhere"
		w.WriteHeader(202)
	}, without(secretHeader))
	if !slices.Equal(got.rules(), []Rule{RuleAccepted}) {
		t.Errorf("got %v, want rule %s", got.violations, RuleAccepted)
	}
}

func TestHandlerKeepsContextAndPathValues(t *testing.T) {
	t.Parallel()
	type key struct{}
	serve(t, mustNew(t), func(w http.ResponseWriter, r *http.Request) {
		if r.Context().Value(key{}) != 1 || r.PathValue("p") != "v" {
			t.Error("context or path value lost")
		}
		w.WriteHeader(202)
	}, func(r *http.Request) {
		*r = *r.WithContext(context.WithValue(r.Context(), key{}, 1))
		r.SetPathValue("p", "v")
		chunked("x")(r)
	})
}

type brokenWriter struct{ http.ResponseWriter }

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
