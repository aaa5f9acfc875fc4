package client

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

func TestParseBaseURL(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, raw, want string }{
		{"Sandbox", BaseURLSandbox, BaseURLSandbox},
		{"TrailingSlash", "https://api.y.uno/v1/", "https://api.y.uno/v1"},
		{"NoPath", "https://gateway.example.com", "https://gateway.example.com"},
		{"RootPath", "https://gateway.example.com/", "https://gateway.example.com"},
		{"Port", "https://gateway.example.com:8443/v1", "https://gateway.example.com:8443/v1"},
		{"LoopbackName", "http://localhost:8080/v1", "http://localhost:8080/v1"},
		{"LoopbackInCapitals", "http://LocalHost:8080/v1", "http://localhost:8080/v1"},
		{"LoopbackWithDot", "https://LOCALHOST./v1", "https://localhost/v1"},
		{"Loopback4", "http://127.0.0.1:8080", "http://127.0.0.1:8080"},
		{"Loopback6", "http://[::1]:8080/v1", "http://[::1]:8080/v1"},
		{"Empty", "", ""},
		{"NoScheme", "api.y.uno/v1", ""},
		{"HTTP", "http://api.y.uno/v1", ""},
		{"LooksLikeLoopback", "http://localhost.example.com/v1", ""},
		{"Unspecified", "http://0.0.0.0/v1", ""},
		{"OtherScheme", "ftp://api.y.uno/v1", ""},
		{"NoHost", "https:///v1", ""},
		{"OnlyPort", "https://:443/v1", ""},
		{"Opaque", "https:api.y.uno", ""},
		{"User", "https://user@api.y.uno/v1", ""},
		{"Query", "https://api.y.uno/v1?x=1", ""},
		{"EmptyQuery", "https://api.y.uno/v1?", ""},
		{"Fragment", "https://api.y.uno/v1#f", ""},
		{"EmptyFragment", "https://api.y.uno/v1#", ""},
		{"EmptyPort", "https://api.y.uno:/v1", ""},
		{"BadPort", "https://api.y.uno:99999/v1", ""},
		{"ZeroPort", "https://api.y.uno:0/v1", ""},
		{"DotSegment", "https://api.y.uno/v1/../v2", ""},
		{"EscapedSlash", "https://api.y.uno/v1%2Fv2", ""},
		{"Backslash", `https://api.y.uno/v1\v2`, ""},
		{"EmptySegment", "https://api.y.uno//v1", ""},
		{"TwoTrailingSlashes", "https://api.y.uno/v1//", ""},
		{"Space", "https://api.y.uno /v1", ""},
		{"IdeographicFullStop", "https://api。y.uno/v1", ""},
		{"EscapedFullStop", "https://api%E3%80%82y.uno/v1", ""},
		{"FullWidthLetter", "https://ａpi.y.uno/v1", ""},
		{"ZeroWidthSpace", "https://api\u200b.y.uno/v1", ""},
		{"Punycode", "https://xn--bcher-kva.example/v1", "https://xn--bcher-kva.example/v1"},
		{"Newline", "https://api.y.uno/v1\n", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			u, err := parseBaseURL(tc.raw)
			switch {
			case tc.want == "" && !errors.Is(err, ErrInvalidArgument):
				t.Errorf("got %v, %v, want ErrInvalidArgument", u, err)
			case tc.want != "" && (err != nil || u.String() != tc.want):
				t.Errorf("got %v, %v, want %s", u, err, tc.want)
			}
		})
	}
}

func TestDefaultBaseURL(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"sandbox_x":  BaseURLSandbox,
		"prod_x":     BaseURLProductionUS,
		"staging_x":  "https://api-staging.y.uno/v1",
		"dev_x":      "https://api-dev.y.uno/v1",
		"other":      "",
		"production": "",
		"SANDBOX_x":  "",
	} {
		got, err := defaultBaseURL(key)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %q, %v, want %q", key, got, err, want)
		}
	}
}

func TestNewChecksEnvironment(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		key, baseURL string
		ok           bool
	}{
		{"sandbox_x", BaseURLSandbox, true},
		{"sandbox_x", BaseURLProductionUS, false},
		{"sandbox_x", BaseURLProductionEMEA, false},
		{"sandbox_x", "https://API.Y.UNO.:443/v1", false},
		{"sandbox_x", "https://api.y.uno../v1", false},
		{"prod_x", BaseURLProductionUS, true},
		{"prod_x", BaseURLProductionEMEA, true},
		{"prod_x", BaseURLSandbox, false},
		{"staging_x", BaseURLProductionUS, false},
		{"prod_x", "https://gateway.example.com/v1", true},
		{"sandbox_x", "http://127.0.0.1:1/v1", true},
		{"unknown", BaseURLProductionUS, true},
		{"staging_x", "https://api-staging.y.uno/v1", true},
		{"dev_x", "https://api-staging.y.uno/v1", false},
		{"prod_x", "https://api.y.uno", false},
		{"prod_x", "https://api.y.uno/", false},
		{"prod_x", "https://api.y.uno/v2", false},
		{"prod_x", "https://api.y.uno/v1/customers", false},
		{"prod_x", "https://api.y.uno/V1", false},
		{"sandbox_x", "https://API-sandbox.y.uno.:443", false},
		{"prod_x", "https://api.asia.y.uno/v1", true},
		{"prod_x", "https://api.asia.y.uno", false},
		{"prod_x", "https://api.y.uno.example.com", true},
	} {
		creds := Credentials{AccountCode: uuid, PublicAPIKey: tc.key, PrivateSecretKey: "s"}
		_, err := New(creds, WithBaseURL(tc.baseURL))
		if (err == nil) != tc.ok || (err != nil && !errors.Is(err, ErrInvalidArgument)) {
			t.Errorf("%s with %s: got %v, want ok = %v", tc.key, tc.baseURL, err, tc.ok)
		}
	}
}

const uuid = "493e9374-510a-4201-9e09-de669d75f256"

// At Yuno, an account code is a UUID. The error does not show it: it may be a key.
func TestAccountCodeAtYuno(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		code, baseURL string // "": that of the key
		ok            bool
	}{
		{uuid, "", true},
		{strings.ToUpper(uuid), BaseURLSandbox, true},
		{"acme", "", false},
		{"acme", BaseURLSandbox, false},
		{"{" + uuid + "}", "", false},
		{uuid[:35], "", false},
		{"acme", "https://gateway.example.com/v1", true},
		{"acme", "http://127.0.0.1:1", true},
	} {
		network := &http.Client{Transport: roundTripFunc(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusAccepted}, nil
		})}
		opts := []Option{WithHTTPClient(network)}
		if tc.baseURL != "" {
			opts = append(opts, WithBaseURL(tc.baseURL))
		}
		_, err := New(Credentials{AccountCode: tc.code, PublicAPIKey: "sandbox_x", PrivateSecretKey: "s"}, opts...)
		if (err == nil) != tc.ok || (err != nil && (!errors.Is(err, ErrInvalidArgument) || strings.Contains(err.Error(), tc.code))) {
			t.Errorf("%s at %q: got %v, want ok = %v", tc.code, tc.baseURL, err, tc.ok)
		}
		c, err := New(Credentials{AccountCode: uuid, PublicAPIKey: "sandbox_x", PrivateSecretKey: "s"}, opts...)
		if err != nil {
			t.Fatal(err)
		}
		err = c.DeleteCustomer(t.Context(), "c1", WithAccountCode(tc.code))
		if (err == nil) != tc.ok || (err != nil && !errors.Is(err, ErrInvalidArgument)) {
			t.Errorf("WithAccountCode %s at %q: got %v, want ok = %v", tc.code, tc.baseURL, err, tc.ok)
		}
	}
}

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// The constants repeat internal/wire's table, so that go doc shows the URLs.
func TestBaseURLsAreThoseOfTheEnvironments(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"sandbox":       {BaseURLSandbox},
		wire.Production: {BaseURLProductionUS, BaseURLProductionEMEA},
	} {
		i := slices.IndexFunc(wire.Environments, func(env wire.Environment) bool { return env.Name == name })
		if i < 0 || !slices.Equal(wire.Environments[i].BaseURLs, want) {
			t.Errorf("%s: got other base URLs than %q", name, want)
		}
	}
}

// A base URL that is accepted says unmistakably where the keys go, and an error repeats
// nothing of it, because it may contain a password.
func FuzzBaseURL(f *testing.F) {
	for _, raw := range []string{
		BaseURLSandbox, "https://api.y.uno/v1/", "http://LOCALHOST.:8080", "http://[::1]:8080/v1", "http://127.1/", "https://u:z@h/v1", "https://h:0/", "https:h",
		"https://h/a%2fb", "https://h/../v1", "https://h//v1", "https://h\\@x/v1", "https://api。y.uno/v1", "https://[fe80::1%25en0]/v1", "//h/v1", "HTTPS://h/v1", "https://h/v1?a#b",
	} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := parseBaseURL(raw)
		if err != nil {
			if _, marked := parseBaseURL(strings.ReplaceAll(raw, "z", "zqzq")); marked != nil && strings.Contains(marked.Error(), "zqzq") {
				t.Errorf("%q: the error repeats the URL: %v", raw, marked)
			}
			return
		}
		if u.Scheme != "https" && (u.Scheme != "http" || !wire.IsLoopback(u.Hostname())) {
			t.Errorf("%q: %s sends keys in clear text", raw, u)
		}
		if u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" || u.RawPath != "" || u.Hostname() == "" {
			t.Errorf("%q: %#v", raw, u)
		}
		again, err := parseBaseURL(u.String())
		if err != nil || again.String() != u.String() {
			t.Errorf("%q: %s is read again as %v, %v", raw, u, again, err)
		}
	})
}
