package sandbox_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/sandbox"
)

var _ sandbox.TestingT = testing.TB(nil)

// inMemory returns a sandbox with one customer, c1, and its only account.
func inMemory(t *testing.T, opts ...sandbox.Option) (*sandbox.Sandbox, sandbox.Credentials) {
	t.Helper()
	sb := sandbox.New(t, append([]sandbox.Option{sandbox.WithoutListener(), sandbox.WithCustomers("c1")}, opts...)...)
	return sb, sb.Credentials()
}

// reply is what came of one request: an answer, or the error instead of one or of the
// rest of its body.
type reply struct {
	status int
	header http.Header
	body   string
	err    error
}

// erase sends one request, with no retries and no limit of its own.
func erase(sb *sandbox.Sandbox, c sandbox.Credentials, id string) reply {
	return send(sb, sb.Transport(), c, http.MethodDelete, "/customers/"+id)
}

func send(sb *sandbox.Sandbox, rt http.RoundTripper, c sandbox.Credentials, method, path string) reply {
	r, err := http.NewRequest(method, sb.URL()+path, nil)
	if err != nil {
		return reply{err: err}
	}
	r.Header.Set("x-account-code", c.AccountCode)
	r.Header.Set("public-api-key", c.PublicAPIKey)
	r.Header.Set("private-secret-key", c.PrivateSecretKey)
	resp, err := rt.RoundTrip(r)
	if err != nil {
		return reply{err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return reply{status: resp.StatusCode, header: resp.Header, body: string(body), err: err}
}

func (r reply) want(t *testing.T, status int, text string) {
	t.Helper()
	if r.err != nil {
		t.Fatalf("got error %v, want status %d", r.err, status)
	}
	if r.status != status || !strings.Contains(r.body, text) {
		t.Errorf("got %d %.200q, want %d with %q", r.status, r.body, status, text)
	}
}

func TestErasesOnce(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]sandbox.Option{"Loopback": nil, "InMemory": {sandbox.WithoutListener()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb := sandbox.New(t, append(opts, sandbox.WithCustomers("c1", "c2"))...)
			rt := sb.Transport()
			if name == "Loopback" {
				transport := &http.Transport{}
				t.Cleanup(transport.CloseIdleConnections)
				rt = transport
			}
			c := sb.Credentials()
			send(sb, rt, c, http.MethodDelete, "/customers/c1").want(t, 202, "")
			send(sb, rt, c, http.MethodDelete, "/customers/c1").want(t, 400, "CUSTOMER_NOT_FOUND")
			if got := sb.Customers(c.AccountCode); !slices.Equal(got, []string{"c2"}) {
				t.Errorf("got customers %v, want [c2]", got)
			}
			sb.AddCustomers(c.AccountCode, "c1")
			send(sb, rt, c, http.MethodDelete, "/customers/c1").want(t, 202, "")
		})
	}
}

func TestTransportServesEveryHost(t *testing.T) {
	t.Parallel()
	sb, _ := inMemory(t)
	for _, url := range []string{"https://yuno.test/v1/customers/c1", "http://192.0.2.1/v1/customers/c1"} {
		r, err := http.NewRequest(http.MethodDelete, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := sb.Transport().RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: got %d, want 401", url, resp.StatusCode)
		}
	}
}

func TestIsTheRealServer(t *testing.T) {
	t.Parallel()
	sb, c := inMemory(t)
	send(sb, sb.Transport(), c, http.MethodGet, "/customers/c1").want(t, 405, "UNSUPPORTED_METHOD")
	send(sb, sb.Transport(), c, http.MethodDelete, "/customers/c1/").want(t, 404, "NOT_FOUND")
	wrong := c
	wrong.PrivateSecretKey = "wrong"
	erase(sb, wrong, "c1").want(t, 401, "INVALID_CREDENTIALS")
	wrong = c
	wrong.AccountCode = "1"
	erase(sb, wrong, "c1").want(t, 400, "INVALID_ACCOUNT_ID")
	erase(sb, c, "c1").want(t, 202, "")
}

func TestTwoAccounts(t *testing.T) {
	t.Parallel()
	sb, first := inMemory(t)
	second := sb.AddAccount()
	sb.AddCustomers(second.AccountCode, "c2")

	erase(sb, second, "c1").want(t, 400, "CUSTOMER_NOT_FOUND")
	crossed := second
	crossed.AccountCode = first.AccountCode
	erase(sb, crossed, "c1").want(t, 403, "AUTHORIZATION_REQUIRED")
	mixed := first
	mixed.PublicAPIKey = second.PublicAPIKey
	erase(sb, mixed, "c1").want(t, 401, "INVALID_CREDENTIALS")
	erase(sb, second, "c2").want(t, 202, "")
	erase(sb, first, "c1").want(t, 202, "")
}

func TestGivenCredentials(t *testing.T) {
	t.Parallel()
	want := sandbox.Credentials{
		AccountCode:      "3b1f0f5e-6c1b-4f0e-9f3a-0d6d5a0c7e11",
		PublicAPIKey:     "sandbox_p",
		PrivateSecretKey: "sandbox_s",
	}
	sb, got := inMemory(t, sandbox.WithCredentials(want))
	if got != want {
		t.Error("the first account is not the given one")
	}
	erase(sb, want, "c1").want(t, 202, "")
}

func TestGeneratedCredentials(t *testing.T) {
	t.Parallel()
	sb, first := inMemory(t)
	second := sb.AddAccount()
	for _, c := range []sandbox.Credentials{first, second} {
		if len(c.AccountCode) != 36 || c.AccountCode[14] != '4' || !strings.HasPrefix(c.PublicAPIKey, "sandbox_") {
			t.Errorf("account code %q, public key %q: want a UUID and a key of the sandbox environment", c.AccountCode, c.PublicAPIKey)
		}
	}
	if first.AccountCode == second.AccountCode || first.PrivateSecretKey == second.PrivateSecretKey {
		t.Error("two accounts share something")
	}
}

// failingT is a test that notes why it was failed.
type failingT struct {
	fatal  string
	errors []string
	ends   []func()
}

func (*failingT) Helper()            {}
func (f *failingT) Cleanup(e func()) { f.ends = append(f.ends, e) }
func (f *failingT) Errorf(format string, args ...any) {
	f.errors = append(f.errors, fmt.Sprintf(format, args...))
}
func (f *failingT) Fatalf(format string, args ...any) { f.fatal = fmt.Sprintf(format, args...) }

func TestNewReportsEveryMistake(t *testing.T) {
	t.Parallel()
	var failed failingT
	given := func(account, public, secret string) sandbox.Option {
		return sandbox.WithCredentials(sandbox.Credentials{AccountCode: account, PublicAPIKey: public, PrivateSecretKey: secret})
	}
	const account = "3b1f0f5e-6c1b-4f0e-9f3a-0d6d5a0c7e11"
	sandbox.New(&failed, given("", "", ""), given(account, "p", "s"), given(account, "p", "s"),
		given("urn:uuid:"+account, "q", "s"), given(account, "r", "secret\n"), nil)
	for _, want := range []string{"both keys are needed", "belongs to another account", "not a UUID", "visible ASCII", "option: nil"} {
		if !strings.Contains(failed.fatal, want) {
			t.Errorf("%q does not say %q", failed.fatal, want)
		}
	}
	if strings.Contains(failed.fatal, "secret\n") {
		t.Errorf("%q holds a key", failed.fatal)
	}
}

func TestCredentialsArePrintedNowhere(t *testing.T) {
	t.Parallel()
	sb, c := inMemory(t)
	var b bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		fmt.Fprintf(&b, verb, c)
		fmt.Fprintf(&b, verb, &c)
	}
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "c", c)
	if err := json.NewEncoder(&b).Encode(map[string]any{"c": c}); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{c.PrivateSecretKey, fmt.Sprintf("%x", c.PrivateSecretKey), c.PublicAPIKey} {
		if strings.Contains(b.String(), secret) {
			t.Errorf("a key is in %s", b.String())
		}
	}
	if !strings.Contains(b.String(), "[redacted]") {
		t.Error("nothing was printed")
	}
	if client.Credentials(sb.Credentials()).PrivateSecretKey != c.PrivateSecretKey {
		t.Error("the conversion lost the key")
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sb, err := sandbox.Open(sandbox.WithoutListener(), sandbox.WithCustomers("c1"))
		if err != nil {
			t.Fatal(err)
		}
		sb.FailNext(sandbox.Fault{Kind: sandbox.StalledBody})
		stalled := make(chan reply, 1)
		go func() { stalled <- erase(sb, sb.Credentials(), "c1") }()
		synctest.Wait()
		sb.Close()
		if got := <-stalled; got.err == nil {
			t.Errorf("got %+v from a closed sandbox", got)
		}
		if got := erase(sb, sb.Credentials(), "c1"); got.err == nil {
			t.Errorf("got %+v from a closed sandbox", got)
		}
	})
}

func TestConcurrentDeletesOfOneCustomer(t *testing.T) {
	t.Parallel()
	sb, c := inMemory(t)
	const n = 50
	statuses := make(chan int, n)
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() { statuses <- erase(sb, c, "c1").status })
	}
	wg.Wait()
	close(statuses)
	counts := map[int]int{}
	for status := range statuses {
		counts[status]++
	}
	if counts[202] != 1 || counts[400] != n-1 {
		t.Errorf("got %v, want one 202 and %d times 400", counts, n-1)
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	sb, c := inMemory(t)
	other := sb.AddAccount()
	before := time.Now()
	r, err := http.NewRequest(http.MethodDelete, sb.URL()+"/customers/a%2Fb?key="+c.PrivateSecretKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{
		"Public-Api-Key":     {c.PublicAPIKey},
		"Private-Secret-Key": {c.PrivateSecretKey, "unknown-secret"},
		"Authorization":      {"Bearer unknown-secret"},
		"X-Account-Code":     {c.AccountCode},
		"X-Misplaced":        {"key " + other.PrivateSecretKey},
	}
	resp, err := sb.Transport().RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	sb.FailNext(sandbox.Fault{Kind: sandbox.GatewayTimeout})
	erase(sb, c, "c2")

	got := sb.Requests()
	if len(got) != 2 {
		t.Fatalf("got %d requests, want 2", len(got))
	}
	if got[0].Method != http.MethodDelete || got[0].Target != "/v1/customers/a%2Fb?key=[redacted]" || got[0].At.Before(before) {
		t.Errorf("got %s %s at %v", got[0].Method, got[0].Target, got[0].At)
	}
	if got[1].Target != "/v1/customers/c2" || got[1].Fault.Kind != sandbox.GatewayTimeout {
		t.Errorf("got %s with fault %v", got[1].Target, got[1].Fault)
	}
	header := got[0].Header
	if header.Get("X-Account-Code") != c.AccountCode || header.Get("X-Misplaced") != "key [redacted]" || len(header["Private-Secret-Key"]) != 2 {
		t.Errorf("got header %v", header)
	}
	dump := fmt.Sprintf("%+v", got)
	for _, secret := range []string{c.PublicAPIKey, c.PrivateSecretKey, other.PrivateSecretKey, "unknown-secret"} {
		if strings.Contains(dump, secret) {
			t.Errorf("a secret is in %s", dump)
		}
	}
	got[0].Header.Set("X-Account-Code", "changed")
	if sb.Requests()[0].Header.Get("X-Account-Code") != c.AccountCode {
		t.Error("a caller can change what is recorded")
	}
}

// Keys that contain each other, and keys where nobody expects them.
func TestRequestsWithKeysInOddPlaces(t *testing.T) {
	t.Parallel()
	const public, secret = "sandbox_abcdef", "sandbox_abcdef/SECRET+1"
	sb, c := inMemory(t, sandbox.WithCredentials(sandbox.Credentials{
		AccountCode: "3b1f0f5e-6c1b-4f0e-9f3a-0d6d5a0c7e11", PublicAPIKey: public, PrivateSecretKey: secret,
	}))
	for name, target := range map[string]string{
		"plain":            "/x?k=" + secret,
		"escaped as query": "/x?k=" + url.QueryEscape(secret),
		"escaped as path":  "/x/" + url.PathEscape(secret),
		"escaped at will":  "/x?k=sandbox_abcdef/%53ECRET%2b1",
		"beside nonsense":  "/x?100%&k=sandbox_abcdef%2FSECRE%54+1",
	} {
		send(sb, sb.Transport(), c, http.MethodDelete, target)
		r := sb.Requests()[len(sb.Requests())-1]
		if decoded := strings.ToUpper(r.Target); !strings.Contains(r.Target, "[redacted]") || strings.Contains(decoded, "ABCDEF") || strings.Contains(decoded, "ECRE") {
			t.Errorf("%s: a key is in %s", name, r.Target)
		}
	}
	r, err := http.NewRequest(http.MethodDelete, sb.URL()+"/100%25", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"X-" + public: {"1"}, "X-Other": {"a " + secret, "100%"}, "X-Encoded": {url.QueryEscape(secret)}}
	resp, err := sb.Transport().RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	got := sb.Requests()[len(sb.Requests())-1]
	if got.Target != "/v1/100%25" || fmt.Sprint(got.Header["X-Other"]) != "[a [redacted] 100%]" || got.Header.Get("X-Encoded") != "[redacted]" {
		t.Errorf("got %s with %v", got.Target, got.Header)
	}
	if len(got.Header["[redacted]"]) != 1 || strings.Contains(strings.ToLower(fmt.Sprint(got.Header)), "abcdef") {
		t.Errorf("a key is in %v", got.Header)
	}
}

func TestRecordLimit(t *testing.T) {
	t.Parallel()
	for keep, want := range map[int]string{0: "[]", 2: "[/v1/customers/c3 /v1/customers/c4]", 9: "[/v1/customers/c2 /v1/customers/c3 /v1/customers/c4]"} {
		sb, creds := inMemory(t, sandbox.WithRecordLimit(keep))
		for _, id := range []string{"c2", "c3", "c4"} {
			erase(sb, creds, id)
		}
		targets := []string{}
		for _, r := range sb.Requests() {
			targets = append(targets, r.Target)
		}
		if got := fmt.Sprint(targets); got != want {
			t.Errorf("WithRecordLimit(%d) keeps %s, want %s", keep, got, want)
		}
	}
	if _, err := sandbox.Open(sandbox.WithRecordLimit(-1)); err == nil {
		t.Error("WithRecordLimit(-1) is accepted")
	}
}

func TestHeaderLimit(t *testing.T) {
	t.Parallel()
	sb, c := inMemory(t)
	c.AccountCode = strings.Repeat("x", 17<<10)
	got := erase(sb, c, "c1")
	if got.status != http.StatusRequestHeaderFieldsTooLarge && got.err == nil {
		t.Errorf("got %d, want 431", got.status)
	}
	if got.err != nil && !errors.Is(got.err, io.ErrClosedPipe) && !errors.Is(got.err, io.EOF) {
		t.Error(got.err)
	}
}
