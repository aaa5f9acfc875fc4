package client_test

import (
	"crypto/tls"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
)

// mutation sets one field of a request or of its URL to another value.
type mutation struct {
	name  string
	apply func(*http.Request)
}

// mutations returns other values for every field of http.Request and url.URL that can be
// set. good and other are hosts, path is that of the right request.
func mutations(t *testing.T, good, other, path string) []mutation {
	t.Helper()
	request := map[string][]any{
		"Method":           {"", "GET", "POST", "delete"},
		"Proto":            {"HTTP/1.0"},
		"ProtoMajor":       {0, 2},
		"ProtoMinor":       {0, 9},
		"Header":           {http.Header(nil), http.Header{"Host": {other}}, http.Header{"X-Account-Code": {"other"}}},
		"Body":             {io.NopCloser(strings.NewReader("x")), http.NoBody},
		"GetBody":          {func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("x")), nil }},
		"ContentLength":    {int64(1), int64(-1)},
		"TransferEncoding": {[]string{"chunked"}, []string{"identity"}},
		"Close":            {true},
		"Host":             {"", other, good, other + "\r\nX: y"},
		"Form":             {url.Values{"a": {"b"}}},
		"PostForm":         {url.Values{"a": {"b"}}},
		"MultipartForm":    {&multipart.Form{}},
		"Trailer":          {http.Header{"X-Trailer": {"a"}}},
		"RemoteAddr":       {other},
		"RequestURI":       {"/v1/customers/other", "http://" + other + path},
		"TLS":              {&tls.ConnectionState{}},
		"Cancel":           {(<-chan struct{})(make(chan struct{}))},
		"Response":         {&http.Response{}},
		"Pattern":          {"DELETE /other"},
	}
	address := map[string][]any{
		"Scheme":      {"", "https", "HTTP"},
		"Opaque":      {"//" + good + path, "//" + other + path, path, "x"},
		"User":        {url.UserPassword("a", "b"), url.User("")},
		"Host":        {"", other, strings.ToUpper(good), "a@" + good},
		"Path":        {"", "/v1/customers/other", path + "/", "/v1/../v1" + strings.TrimPrefix(path, "/v1")},
		"RawPath":     {path, "/v1/customers/other", strings.Replace(path, "/v1/", "/v1%2F", 1)},
		"OmitHost":    {true},
		"ForceQuery":  {true},
		"RawQuery":    {"a=b", "#"},
		"Fragment":    {"other"},
		"RawFragment": {"other"},
	}
	var list []mutation
	add := func(of string, fields reflect.Type, values map[string][]any, target func(*http.Request) reflect.Value) {
		for i := range fields.NumField() {
			field := fields.Field(i)
			if !field.IsExported() || field.Type == reflect.TypeFor[*url.URL]() {
				continue
			}
			if len(values[field.Name]) == 0 {
				t.Errorf("%s.%s has no other value here", of, field.Name)
			}
			for _, value := range values[field.Name] {
				list = append(list, mutation{of + "." + field.Name, func(r *http.Request) {
					target(r).Field(i).Set(reflect.ValueOf(value))
				}})
			}
		}
	}
	add("Request", reflect.TypeFor[http.Request](), request, func(r *http.Request) reflect.Value { return reflect.ValueOf(r).Elem() })
	add("URL", reflect.TypeFor[url.URL](), address, func(r *http.Request) reflect.Value { return reflect.ValueOf(r.URL).Elem() })
	return list
}

// Whatever middleware sets, in any two fields, the keys go only to the server of the base
// URL, with the request that was wanted.
func TestMiddlewareCannotMisdirectTheKeys(t *testing.T) {
	t.Parallel()
	type arrival struct{ server, method, uri, host, account, body string }
	var (
		mu       sync.Mutex
		arrivals []arrival
	)
	serve := func(name string) *httptest.Server {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if strings.Contains(strings.Join(r.Header[http.CanonicalHeaderKey("private-secret-key")], " "), creds.PrivateSecretKey) {
				mu.Lock()
				arrivals = append(arrivals, arrival{name, r.Method, r.RequestURI, r.Host, strings.Join(r.Header["X-Account-Code"], " "), string(body)})
				mu.Unlock()
			}
			w.WriteHeader(http.StatusAccepted)
		}))
		t.Cleanup(server.Close)
		return server
	}
	right, wrong := serve("right"), serve("wrong")
	good, other := strings.TrimPrefix(right.URL, "http://"), strings.TrimPrefix(wrong.URL, "http://")
	path := "/v1/customers/" + customerID
	want := arrival{"right", http.MethodDelete, path, good, creds.AccountCode, ""}

	send := func(name string, apply ...func(*http.Request)) (sent bool) {
		c := newClient(t, right.URL+"/v1", client.WithRetry(0, 0), client.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
			return roundTripFunc(func(req *http.Request) (*http.Response, error) {
				req = req.Clone(req.Context())
				for _, change := range apply {
					change(req)
				}
				return next.RoundTrip(req)
			})
		}))
		err := c.DeleteCustomer(t.Context(), customerID)
		c.CloseIdleConnections()
		mu.Lock()
		defer mu.Unlock()
		for _, got := range arrivals {
			if got != want {
				t.Errorf("%s: the keys went to the %s server with %s %s, host %q, account %q, body %q", name, got.server, got.method, got.uri, got.host, got.account, got.body)
			}
		}
		sent = len(arrivals) > 0
		if err == nil && !sent {
			t.Errorf("%s: the call succeeded, and nothing was sent with the keys", name)
		}
		arrivals = nil
		return sent
	}
	if !send("Unchanged") {
		t.Fatal("nothing was sent")
	}
	all := mutations(t, good, other, path)
	for i, first := range all {
		send(first.name, first.apply)
		for _, second := range all[i+1:] {
			if first.name != second.name {
				send(first.name+" and "+second.name, first.apply, second.apply)
			}
		}
	}
}
