package contract

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
)

// recordingT records what a Checker reports.
type recordingT struct{ violations []Violation }

func (*recordingT) Helper() {}

func (r *recordingT) Errorf(_ string, args ...any) {
	for _, a := range args {
		if v, ok := a.(Violation); ok {
			r.violations = append(r.violations, v)
		}
	}
}

func (r *recordingT) rules() []Rule {
	var rules []Rule
	for _, v := range r.violations {
		rules = append(rules, v.Rule)
	}
	return rules
}

// fixedResponse is a transport that returns the same response to every request.
type fixedResponse struct {
	status      int
	contentType string
	body        string
}

func (f fixedResponse) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	if f.contentType != "" {
		rec.Header().Set("Content-Type", f.contentType)
	}
	rec.WriteHeader(f.status)
	_, _ = io.WriteString(rec, f.body)
	resp := rec.Result()
	resp.Request = r
	return resp, nil
}

const errorBody = `{"code":"A","messages":["m"]}`

const rightURL = "https://api-sandbox.y.uno/v1/customers/5c7c3a2e-4f0b-4a6e-8d7d-0a5e3b1f9c11"

func rightRequest(t testing.TB) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, rightURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	as(first)(r)
	return r
}

// to sends the request to another URL.
func to(text string) edit {
	return func(r *http.Request) {
		u, err := url.Parse(text)
		if err != nil {
			panic(err)
		}
		r.URL = u
	}
}

const base = "https://api-sandbox.y.uno/v1"

// sent returns what is wrong with a request that a client sends.
func sent(t *testing.T, r *http.Request, opts ...Option) *recordingT {
	t.Helper()
	got := &recordingT{}
	resp, err := mustNew(t, append(opts, WithRequestsOnly())...).Transport(got, fixedResponse{status: 202}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return got
}

// mustNew returns a Checker for a document that later specifications do not change: as
// they were with one operation, unless an option sets another.
func mustNew(t testing.TB, opts ...Option) *Checker {
	t.Helper()
	var cfg config
	for _, opt := range opts {
		if err := opt(&cfg); err != nil {
			t.Fatal(err)
		}
	}
	name := "one-operation.json"
	if cfg.strict {
		name = "one-operation.strict.json"
	}
	c, err := New(append([]Option{WithDocument(fixture(t, name))}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// fixture reads a document that later specifications do not change.
func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func wantNoSecrets(t *testing.T, violations []Violation) {
	t.Helper()
	for _, v := range violations {
		for _, secret := range []string{first.secretKey, first.publicKey, first.code} {
			if strings.Contains(v.String(), secret) {
				t.Errorf("the violation of rule %s prints a secret", v.Rule)
			}
		}
	}
}

// An edit changes the valid request.
type edit func(*http.Request)

const (
	accountHeader = "X-Account-Code"
	publicHeader  = "Public-Api-Key"
	secretHeader  = "Private-Secret-Key"
)

func with(name string, values ...string) edit {
	return func(r *http.Request) { r.Header[name] = values }
}

func without(names ...string) edit {
	return func(r *http.Request) {
		for _, name := range names {
			delete(r.Header, name)
		}
	}
}

func as(c account) edit {
	return func(r *http.Request) {
		r.Header[accountHeader] = []string{c.code}
		r.Header[publicHeader] = []string{c.publicKey}
		r.Header[secretHeader] = []string{c.secretKey}
	}
}

func method(m string) edit { return func(r *http.Request) { r.Method = m } }

// all combines several edits.
func all(edits ...edit) edit {
	return func(r *http.Request) {
		for _, e := range edits {
			e(r)
		}
	}
}

// chunked adds a body of undeclared length.
func chunked(body string) edit {
	return func(r *http.Request) {
		r.Body = io.NopCloser(strings.NewReader(body))
		r.ContentLength = -1
	}
}

func sized(body string) edit {
	return func(r *http.Request) {
		chunked(body)(r)
		r.ContentLength = int64(len(body))
		r.Header["Content-Type"] = []string{"application/json"}
	}
}

type account struct{ code, publicKey, secretKey string }

var first = account{
	code:      "5c7c3a2e-4f0b-4a6e-8d7d-0a5e3b1f9c11",
	publicKey: "sandbox_public-key-of-first",
	secretKey: "private-Secret-key-of-first",
}
