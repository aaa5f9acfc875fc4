package client_test

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/client"
)

const customerID = "8d0d2b0c-52a3-4c0e-9b65-6ab1d0ec8a1d"

// The keys are long enough to be redacted, and unlike any other text.
var creds = client.Credentials{
	AccountCode:      "493e9374-510a-4201-9e09-de669d75f256",
	PublicAPIKey:     "sandbox_PUBLICPUBLICPUBLIC",
	PrivateSecretKey: "PRIVATEPRIVATEPRIVATE",
}

// showsKey reports whether text contains a key, plain or as %x, %X or %d print it.
func showsKey(text string) bool {
	for _, trace := range []string{"PUBLICPUBLIC", "PRIVATEPRIVATE", "5055424c4943", "5055424C4943", "50524956415445", "80 85 66 76 73 67", "80 82 73 86 65"} {
		if strings.Contains(text, trace) {
			return true
		}
	}
	return false
}

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func newClient(tb testing.TB, baseURL string, opts ...client.Option) *client.Client {
	tb.Helper()
	c, err := client.New(creds, append([]client.Option{client.WithBaseURL(baseURL)}, opts...)...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.CloseIdleConnections)
	return c
}

// ownClient returns a client with connections of its own. httptest.Server.Close closes the
// idle ones of http.DefaultTransport, and one counts as idle just before its response is
// returned: the request of another test then fails now and then.
func ownClient() *http.Client { return &http.Client{Transport: &http.Transport{}} }

// fastRetries retries as by default, but without waiting.
func fastRetries() client.Option { return client.WithRetry(2, time.Millisecond) }

// asError fails the test unless err is an *Error.
func asError(tb testing.TB, err error) *client.Error {
	tb.Helper()
	var e *client.Error
	if !errors.As(err, &e) {
		tb.Fatalf("got error %v (%T), want a *client.Error", err, err)
	}
	return e
}

// yuno is a loopback server that plays a script: one step per request, and the last
// step for every further request.
type yuno struct {
	*httptest.Server
	script []http.HandlerFunc

	mu   sync.Mutex
	seen []*http.Request
}

func newYuno(tb testing.TB, script ...http.HandlerFunc) *yuno {
	tb.Helper()
	y := &yuno{script: script}
	y.Server = httptest.NewServer(y)
	tb.Cleanup(y.Close)
	return y
}

func (y *yuno) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	y.mu.Lock()
	step := y.script[min(len(y.seen), len(y.script)-1)]
	y.seen = append(y.seen, r.Clone(r.Context()))
	y.mu.Unlock()
	step(w, r)
}

func (y *yuno) baseURL() string { return y.URL + "/v1" }

func (y *yuno) requests() []*http.Request {
	y.mu.Lock()
	defer y.mu.Unlock()
	return slices.Clone(y.seen)
}

// respond returns a step that responds with JSON, unless headers, in pairs, set
// another content type.
func respond(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

const notFoundBody = `{"code":"CUSTOMER_NOT_FOUND","messages":["Customer not found."]}`

var (
	accept   = respond(http.StatusAccepted, "")
	notFound = respond(http.StatusBadRequest, notFoundBody)
)

// lose is a step whose response is lost: the connection breaks.
func lose(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// breakOff returns a step that sends a status and half a body.
func breakOff(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"code":`))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// stall returns a step that sends a status and half a body, and then nothing until
// the client disconnects.
func stall(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"code":`))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
}

// hang is a step that never responds.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// flood returns a step whose body is just over the limit.
func flood(status int) http.HandlerFunc {
	return respond(status, strings.Repeat("x", 64<<10+1), "Content-Type", "text/plain")
}

// discardLog is for servers whose clients disconnect on purpose.
var discardLog = log.New(io.Discard, "", 0)
