package demo

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

// narrate returns middleware that prints each request and its response. The client
// adds the keys after this middleware, so it cannot print them.
func narrate(out io.Writer) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper { return narrator{out, next} }
}

type narrator struct {
	out  io.Writer
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (n narrator) RoundTrip(r *http.Request) (*http.Response, error) {
	fmt.Fprintf(n.out, "   > %s %s\n", r.Method, r.URL.Path)
	fmt.Fprintf(n.out, "   > x-account-code: %s\n", r.Header.Get("x-account-code"))
	fmt.Fprint(n.out, "   > public-api-key and private-secret-key: added by the client, last\n")
	response, err := n.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	_ = response.Body.Close()
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	fmt.Fprintf(n.out, "   < %s\n", response.Status)
	if len(body) > 0 {
		fmt.Fprintf(n.out, "   < %s\n", bytes.TrimSpace(body))
	}
	return response, nil
}
