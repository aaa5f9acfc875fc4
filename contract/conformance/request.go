package conformance

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// The operation that most of the suite is about.
const (
	operationID     = "delete-customer"
	operationMethod = http.MethodDelete

	customerTemplate = "/customers/{" + customerIDParameter + "}"

	accountHeader = "X-Account-Code"
	publicHeader  = "Public-Api-Key"
	secretHeader  = "Private-Secret-Key"

	accountParameter    = "x-account-code"
	customerIDParameter = "customer_id"
)

// request returns the one valid request for a path, changed by the edits.
func (s *session) request(ctx context.Context, path string, edits ...edit) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, operationMethod, s.endpoint.baseURL.String()+path, nil)
	if err != nil {
		return nil, err
	}
	as(s.target.Credentials)(r)
	r.Header["User-Agent"] = []string{"yuno-customers-contract"}
	for _, e := range edits {
		e(r)
	}
	return r, nil
}

// customerPath returns the path of a customer. Dot segments are not escaped.
func customerPath(id string) string { return "/customers/" + escape(id) }

// escape writes an id as one path segment. It escapes every character that has a meaning
// in a URL, which net/url.PathEscape does not.
func escape(id string) string {
	var b strings.Builder
	for i := range len(id) {
		c := id[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// An edit changes the valid request into another one.
type edit func(*http.Request)

// as sends the request with other credentials.
func as(c Credentials) edit {
	return func(r *http.Request) {
		r.Header[accountHeader] = []string{c.AccountCode}
		r.Header[publicHeader] = []string{c.PublicAPIKey}
		r.Header[secretHeader] = []string{c.PrivateSecretKey}
	}
}

func withHeader(name string, values ...string) edit {
	return func(r *http.Request) { r.Header[name] = values }
}

func withoutHeaders(names ...string) edit {
	return func(r *http.Request) {
		for _, name := range names {
			delete(r.Header, name)
		}
	}
}

func withMethod(method string) edit { return func(r *http.Request) { r.Method = method } }

// withQuery adds pairs of a name and a value.
func withQuery(pairs ...string) edit {
	return func(r *http.Request) {
		q := r.URL.Query()
		for i := 0; i < len(pairs); i += 2 {
			q.Add(pairs[i], pairs[i+1])
		}
		r.URL.RawQuery = q.Encode()
	}
}

// withChunkedBody adds a body of undeclared length.
func withChunkedBody(body string) edit {
	return func(r *http.Request) {
		r.Body = io.NopCloser(strings.NewReader(body))
		r.ContentLength = -1
	}
}

// withBody adds a body of declared length.
func withBody(contentType, body string) edit {
	return func(r *http.Request) {
		r.Body = io.NopCloser(strings.NewReader(body))
		r.ContentLength = int64(len(body))
		r.Header["Content-Type"] = []string{contentType}
	}
}

// all combines several edits.
func all(edits ...edit) edit {
	return func(r *http.Request) {
		for _, e := range edits {
			e(r)
		}
	}
}
