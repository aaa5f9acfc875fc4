package sandbox_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/yuno-community/yuno-customers/internal/wire/wiretest"
	"github.com/yuno-community/yuno-customers/sandbox"
)

var _ sandbox.TestingT = testing.TB(nil)

// inMemory returns a sandbox with customer c1, and the credentials of its only account.
func inMemory(t *testing.T, opts ...sandbox.Option) (*sandbox.Sandbox, sandbox.Credentials) {
	t.Helper()
	sb := sandbox.New(t, append([]sandbox.Option{sandbox.WithoutListener(), sandbox.WithCustomers("c1")}, opts...)...)
	return sb, sb.Credentials()
}

// response is the outcome of one request: an HTTP response, or the error of the request
// or of reading the body.
type response struct {
	status int
	header http.Header
	body   string
	err    error
}

// erase sends one request, without retries or a timeout.
func erase(sb *sandbox.Sandbox, c sandbox.Credentials, id string) response {
	return send(sb, sb.Transport(), c, http.MethodDelete, "/customers/"+id)
}

func send(sb *sandbox.Sandbox, rt http.RoundTripper, c sandbox.Credentials, method, path string) response {
	r, err := http.NewRequest(method, sb.URL()+path, nil)
	if err != nil {
		return response{err: err}
	}
	r.Header.Set("x-account-code", c.AccountCode)
	r.Header.Set("public-api-key", c.PublicAPIKey)
	r.Header.Set("private-secret-key", c.PrivateSecretKey)
	resp, err := rt.RoundTrip(r)
	if err != nil {
		return response{err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return response{status: resp.StatusCode, header: resp.Header, body: string(body), err: err}
}

func (r response) want(t *testing.T, status int, text string) {
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
			addCustomers(t, sb, c.AccountCode, "c1")
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

func TestUsesRealServer(t *testing.T) {
	t.Parallel()
	sb, c := inMemory(t)
	send(sb, sb.Transport(), c, http.MethodPut, "/customers/c1").want(t, 405, "UNSUPPORTED_METHOD")
	send(sb, sb.Transport(), c, http.MethodDelete, "/customers/c1/").want(t, 404, "NOT_FOUND")
	wrong := c
	wrong.PrivateSecretKey = "wrong"
	erase(sb, wrong, "c1").want(t, 401, "INVALID_CREDENTIALS")
	wrong = c
	wrong.AccountCode = "1"
	erase(sb, wrong, "c1").want(t, 400, "INVALID_ACCOUNT_ID")
	erase(sb, c, "c1").want(t, 202, "")
}

func addCustomers(t *testing.T, sb *sandbox.Sandbox, accountCode string, ids ...string) {
	t.Helper()
	if err := sb.AddCustomers(accountCode, ids...); err != nil {
		t.Fatal(err)
	}
}

func TestTwoAccounts(t *testing.T) {
	t.Parallel()
	sb, first := inMemory(t)
	second := sb.AddAccount()
	addCustomers(t, sb, second.AccountCode, "c2")

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

// failingT is a TestingT that records its failures.
type failingT struct {
	fatal  string
	errors []string
	ends   []func() // of Cleanup
}

func (*failingT) Helper()            {}
func (f *failingT) Cleanup(e func()) { f.ends = append(f.ends, e) }
func (f *failingT) Errorf(format string, args ...any) {
	f.errors = append(f.errors, fmt.Sprintf(format, args...))
}
func (f *failingT) Fatalf(format string, args ...any) { f.fatal = fmt.Sprintf(format, args...) }

func TestNewReportsEveryInvalidOption(t *testing.T) {
	t.Parallel()
	var failed failingT
	given := func(account, public, secret string) sandbox.Option {
		return sandbox.WithCredentials(sandbox.Credentials{AccountCode: account, PublicAPIKey: public, PrivateSecretKey: secret})
	}
	const account = "3b1f0f5e-6c1b-4f0e-9f3a-0d6d5a0c7e11"
	sandbox.New(&failed, given("", "", ""), given(account, "p", "s"), given(account, "p", "s"),
		given("urn:uuid:"+account, "q", "s"), given(account, "r", "secret\n"), nil)
	for _, want := range []string{"AccountCode is empty", "PrivateSecretKey is empty", "already belongs to another account", "not a UUID", "visible ASCII", "option 5 is nil"} {
		if !strings.Contains(failed.fatal, want) {
			t.Errorf("%q does not mention %q", failed.fatal, want)
		}
	}
	if strings.Contains(failed.fatal, "secret\n") {
		t.Errorf("%q contains a key", failed.fatal)
	}
}

// An account code that is missing or unknown is an error, not a customer that no
// request can find.
func TestAddCustomersToUnknownAccount(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"no account code": {"c2"}, "only ids": {"c2", "c3"}, "empty": {"", "c2"}, "unknown": {"3b1f0f5e-6c1b-4f0e-9f3a-0d6d5a0c7e11", "c2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const want = "no account has the code in the first argument"

			var failed failingT
			sb := sandbox.New(&failed, sandbox.WithoutListener(), sandbox.WithCustomers("c1"))
			t.Cleanup(sb.Close)
			err := sb.AddCustomers(args[0], args[1:]...)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got error %v, want %q", err, want)
			}
			if len(failed.errors) != 1 || !strings.Contains(failed.errors[0], want) {
				t.Errorf("the test failed with %q, want %q", failed.errors, want)
			}
			if got := sb.Customers(sb.Credentials().AccountCode); !slices.Equal(got, []string{"c1"}) {
				t.Errorf("got customers %v, want [c1]", got)
			}

			sb, err = sandbox.Open(sandbox.WithoutListener())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(sb.Close)
			if err := sb.AddCustomers(args[0], args[1:]...); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got error %v after Open, want %q", err, want)
			}
		})
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
		stalled := make(chan response, 1)
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
		t.Errorf("got %v, want one 202 and %d 400s", counts, n-1)
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

func TestCustomerIDs(t *testing.T) {
	t.Parallel()
	wiretest.TestCustomerIDs(t, func(t *testing.T, id string) bool {
		sb, err := sandbox.Open(sandbox.WithoutListener(), sandbox.WithCustomers(id))
		if err == nil {
			sb.Close()
		}
		var failed failingT
		added := sandbox.New(&failed, sandbox.WithoutListener())
		defer added.Close()
		addErr := added.AddCustomers(added.Credentials().AccountCode, "c1", id)
		if (addErr == nil) != (err == nil) || (len(failed.errors) == 0) != (err == nil) {
			t.Errorf("AddCustomers returned %v with test failures %q, Open %v", addErr, failed.errors, err)
		}
		if n := len(added.Customers(added.Credentials().AccountCode)); err != nil && n > 0 {
			t.Errorf("%d customers were created", n)
		}
		return err == nil
	})
}
