package server_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/internal/wire/wiretest"
	"github.com/yuno-community/yuno-customers/server"
)

func TestAccepts(t *testing.T) {
	t.Parallel()
	var got api.DeleteCustomerRequestObject
	var id string
	h := mount(t, func(ctx context.Context, r api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
		got, id = r, server.RequestID(ctx)
		return api.DeleteCustomer202Response{}, nil
	})
	resp := do(h, request(http.MethodDelete, path+"?unknown=1", with("X-Unknown", "1")))
	resp.want(t, http.StatusAccepted, "")
	if got.CustomerID != customer || got.Params.AccountCode != account {
		t.Errorf("the implementation received %+v", got)
	}
	if id == "" || id != resp.header.Get("X-Request-Id") {
		t.Errorf("the implementation has request id %q, the response %q", id, resp.header.Get("X-Request-Id"))
	}
}

// TestOrderOfChecks sends requests with two errors and expects the response to the one
// that is checked first.
func TestOrderOfChecks(t *testing.T) {
	t.Parallel()
	noKeys := without("Public-Api-Key", "Private-Secret-Key")
	tests := []struct {
		name   string
		method string
		path   string
		edits  []func(*http.Request)
		status int
		code   string
	}{
		{"PathBeforeMethod", http.MethodGet, "/v1/other", nil, 404, "NOT_FOUND"},
		{"PathBeforeKeys", http.MethodDelete, "/v1/other", edits(noKeys), 404, "NOT_FOUND"},
		{"MethodBeforeKeys", http.MethodPost, path, edits(noKeys), 405, "UNSUPPORTED_METHOD"},
		{"KeysBeforeAccount", http.MethodDelete, path, edits(noKeys, without("X-Account-Code")), 401, "INVALID_CREDENTIALS"},
		{"WrongSecretBeforeAccount", http.MethodDelete, path, edits(with("Private-Secret-Key", "no"), without("X-Account-Code")), 401, "INVALID_CREDENTIALS"},
		{"KeysBeforeID", http.MethodDelete, "/v1/customers/a%2Fb", edits(noKeys), 401, "INVALID_CREDENTIALS"},
		{"KeysBeforeBody", http.MethodDelete, path, edits(noKeys, withBody("x", 1)), 401, "INVALID_CREDENTIALS"},
		{"AccountBeforeID", http.MethodDelete, "/v1/customers/a%2Fb", edits(without("X-Account-Code")), 400, "MISSING_PARAMETERS"},
		{"IDBeforeBody", http.MethodDelete, "/v1/customers/a%2Fb", edits(withBody("x", 1)), 400, "INVALID_PARAMETERS"},
		{"IDBeforeAccess", http.MethodDelete, "/v1/customers/a%2Fb", edits(with("X-Account-Code", otherAccount)), 400, "INVALID_PARAMETERS"},
		{"BodyBeforeAccess", http.MethodDelete, path, edits(withBody("x", 1), with("X-Account-Code", otherAccount)), 400, "INVALID_REQUEST"},
		{"AccessBeforeImplementation", http.MethodDelete, path, edits(with("X-Account-Code", otherAccount)), 403, "AUTHORIZATION_REQUIRED"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := mount(t, panicking("the implementation was reached"))
			do(h, request(tt.method, tt.path, func(r *http.Request) {
				for _, edit := range tt.edits {
					edit(r)
				}
			})).want(t, tt.status, tt.code)
		})
	}
}

func edits(e ...func(*http.Request)) []func(*http.Request) { return e }

func TestPaths(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		options []server.Option
		path    string
		wantID  string
	}{
		"id":             {path: "/v1/customers/c1", wantID: "c1"},
		"three dots":     {path: "/v1/customers/...", wantID: "..."},
		"encoded colon":  {path: "/v1/customers/acme%3A42", wantID: "acme:42"},
		"encoded letter": {path: "/v1/customers/%61bc", wantID: "abc"},
		"absolute form":  {path: "http://example.com/v1/customers/c1", wantID: "c1"},
		"at the root":    {options: []server.Option{server.WithBasePath("")}, path: "/customers/c1", wantID: "c1"},
		"deeper base":    {options: []server.Option{server.WithBasePath("/a/b")}, path: "/a/b/customers/c1", wantID: "c1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var gotID string
			h := mount(t, func(_ context.Context, r api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
				gotID = r.CustomerID
				return api.DeleteCustomer202Response{}, nil
			}, tt.options...)
			do(h, request(http.MethodDelete, tt.path, nil)).want(t, http.StatusAccepted, "")
			if gotID != tt.wantID {
				t.Errorf("the implementation received id %q, want %q", gotID, tt.wantID)
			}
		})
	}
}

func TestPathsThatDoNotExist(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"root":               "/",
		"no base":            "/customers/c1",
		"other base":         "/v2/customers/c1",
		"empty id":           "/v1/customers/",
		"trailing slash":     "/v1/customers/c1/",
		"two segments":       "/v1/customers/c1/c2",
		"double slash":       "/v1/customers//c1",
		"double slash first": "//v1/customers/c1",
		"dot":                "/v1/customers/.",
		"dots":               "/v1/customers/..",
		"encoded dot":        "/v1/customers/%2e",
		"encoded dots":       "/v1/customers/%2E%2e",
		"half encoded dots":  "/v1/customers/.%2e",
		"dots within":        "/v1/x/../customers/c1",
		"other case":         "/v1/Customers/c1",
		"encoded literal":    "/v1/c%75stomers/c1",
		"base is a prefix":   "/v1x/customers/c1",
		"asterisk":           "*",
	}
	for name, path := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			do(mount(t, panicking("reached")), request(http.MethodDelete, path, nil)).want(t, http.StatusNotFound, "NOT_FOUND")
		})
	}
	t.Run("default base with another one set", func(t *testing.T) {
		t.Parallel()
		h := mount(t, panicking("reached"), server.WithBasePath(""))
		do(h, request(http.MethodDelete, "/v1/customers/c1", nil)).want(t, http.StatusNotFound, "NOT_FOUND")
	})
}

func TestCustomerIDs(t *testing.T) {
	t.Parallel()
	wiretest.TestCustomerIDs(t, func(t *testing.T, id string) bool {
		called := false
		h := mount(t, func(context.Context, api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
			called = true
			return api.DeleteCustomer202Response{}, nil
		})
		got := do(h, request(http.MethodDelete, "/v1/customers/"+url.PathEscape(id), nil))
		switch {
		case called:
			got.want(t, http.StatusAccepted, "")
		case id == "" || id == "." || id == "..": // no path of the contract
			got.want(t, http.StatusNotFound, "NOT_FOUND")
		default:
			got.want(t, http.StatusBadRequest, "INVALID_PARAMETERS")
			if !strings.Contains(got.body, "customer_id") {
				t.Errorf("%s does not name the parameter", got.body)
			}
		}
		return called
	})
}

// What a client encodes is decoded once and no more.
func TestCustomerIDsDecodedTwice(t *testing.T) {
	t.Parallel()
	for _, segment := range []string{"%252e%252e", "a%252Fb", "a%2562"} {
		got := do(mount(t, accepting), request(http.MethodDelete, "/v1/customers/"+segment, nil))
		got.want(t, http.StatusBadRequest, "INVALID_PARAMETERS")
	}
}

func TestAccountCodes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		values []string
		status int
		code   string
	}{
		"missing":         {nil, 400, "MISSING_PARAMETERS"},
		"empty":           {[]string{""}, 400, "MISSING_PARAMETERS"},
		"repeated":        {[]string{account, account}, 400, "INVALID_PARAMETERS"},
		"35 characters":   {[]string{account[:35]}, 400, "INVALID_ACCOUNT_ID"},
		"37 characters":   {[]string{account + "0"}, 400, "INVALID_ACCOUNT_ID"},
		"no hyphens":      {[]string{strings.ReplaceAll(account, "-", "0")}, 400, "INVALID_ACCOUNT_ID"},
		"not hexadecimal": {[]string{"g" + account[1:]}, 400, "INVALID_ACCOUNT_ID"},
		"braces":          {[]string{"{" + account[:34] + "}"}, 400, "INVALID_ACCOUNT_ID"},
		"URN":             {[]string{"urn:uuid:" + account}, 400, "INVALID_ACCOUNT_ID"},
		"list":            {[]string{account + "," + account}, 400, "INVALID_ACCOUNT_ID"},
		"other case":      {[]string{strings.ToUpper(account)}, 403, "AUTHORIZATION_REQUIRED"},
		"of other keys":   {[]string{otherAccount}, 403, "AUTHORIZATION_REQUIRED"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := do(mount(t, accepting), request(http.MethodDelete, path, func(r *http.Request) {
				r.Header["X-Account-Code"] = tt.values
			}))
			got.want(t, tt.status, tt.code)
			if tt.status == 400 && !strings.Contains(got.body, "x-account-code") {
				t.Errorf("%s does not name the parameter", got.body)
			}
		})
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"HEAD", "POST", "PUT", "PATCH", "OPTIONS", "TRACE", "CONNECT", "delete", "PROPFIND"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			r := request(http.MethodDelete, path, nil)
			r.Method = method
			got := do(mount(t, accepting), r)
			got.want(t, http.StatusMethodNotAllowed, "UNSUPPORTED_METHOD")
			if allow := got.header.Get("Allow"); allow != "DELETE, GET" {
				t.Errorf("got Allow %q, want DELETE, GET", allow)
			}
		})
	}
}

func TestBehindStripPrefix(t *testing.T) {
	t.Parallel()
	h := http.StripPrefix("/yuno", mount(t, accepting))
	do(h, request(http.MethodDelete, "/yuno"+path, nil)).want(t, http.StatusAccepted, "")
	do(h, request(http.MethodDelete, "/yuno/v1/customers/a%2Fb", nil)).want(t, http.StatusBadRequest, "INVALID_PARAMETERS")
}

func TestNewReportsEveryInvalidArgument(t *testing.T) {
	t.Parallel()
	_, err := server.New(nil, nil,
		server.WithBasePath("v1"), server.WithTimeout(0), server.WithLimiter(nil),
		server.WithObserver(nil), server.WithLogger(nil), server.WithRequestIDFrom(nil), server.WithMaxCalls(0), nil)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"the implementation is nil", "the authenticator is nil", `the base path is "v1"`, "the timeout is 0s", "calls in progress is 0", "the limiter is nil", "the observer is nil", "the logger is nil", "the request id function is nil", "option 7 is nil"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not mention %q", err, want)
		}
	}
}

func TestNewRejectsNilStaticKeys(t *testing.T) {
	t.Parallel()
	if _, err := server.New(service{deleteCustomer: accepting}, (*server.StaticKeys)(nil)); err == nil || !strings.Contains(err.Error(), "the authenticator is nil") {
		t.Errorf("got error %v, want one about the authenticator", err)
	}
}

func TestBasePaths(t *testing.T) {
	t.Parallel()
	for base, ok := range map[string]bool{
		"": true, "/v1": true, "/a/b": true, "/a.b": true,
		"/": false, "v1": false, "/v1/": false, "//v1": false, "/a/../b": false, "/a b": false, "/%61": false, "/a?b": false,
	} {
		_, err := server.New(service{deleteCustomer: accepting}, twoKeys(t), server.WithBasePath(base))
		if (err == nil) != ok {
			t.Errorf("base path %q: got error %v, want ok = %v", base, err, ok)
		}
	}
}

func FuzzRequest(f *testing.F) {
	for _, target := range []string{path, "/v1/customers/a%2Fb", "/v1/customers/%2e%2e", "//v1/customers/c1", "/v1/customers/%00", "/v1/customers/a;b", "/v1/customers/%E2%80%AE", "/v1/customers"} {
		f.Add(target, account)
	}
	h := mount(f, func(_ context.Context, r api.DeleteCustomerRequestObject) (api.DeleteCustomerResponseObject, error) {
		if r.CustomerID == "" || strings.ContainsAny(r.CustomerID, "/\\?#;\x00\n\u2028\u202e\ufeff") || len(r.Params.AccountCode) != 36 {
			panic("the implementation received a request that must be rejected")
		}
		return api.DeleteCustomer202Response{}, nil
	})
	f.Fuzz(func(t *testing.T, target, accountCode string) {
		u, err := http.NewRequest(http.MethodDelete, "http://x"+target, nil)
		if err != nil {
			t.Skip()
		}
		r := request(http.MethodDelete, "/", with("X-Account-Code", accountCode))
		r.URL.Path, r.URL.RawPath = u.URL.Path, u.URL.RawPath
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		collection := w.Code == 405 && r.URL.EscapedPath() == "/v1/customers"
		if !collection && !slices.Contains([]int{202, 400, 403, 404}, w.Code) {
			t.Errorf("%q: got %d", target, w.Code)
		}
	})
}
