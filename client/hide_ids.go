package client

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// hiddenID stands for a customer id in the URL that HideIDs shows.
const hiddenID = "REDACTED"

// HideIDs returns middleware that runs mw without showing it the customer id: mw sees
// the id in the URL of a request, and in an error of the network, as REDACTED. It is for
// middleware that records URLs, such as tracing:
//
//	client.WithMiddleware(client.HideIDs(func(next http.RoundTripper) http.RoundTripper {
//		return otelhttp.NewTransport(next)
//	}))
//
// The span of a deletion then has the attribute url.full
// https://api.y.uno/v1/customers/REDACTED. examples/otelhttp in this module's repository
// is the whole program.
//
// What a server sends back stays as it is: its headers and body may contain the id. The
// trace of the request's context (net/http/httptrace) never sees a URL. mw must not
// change the URL, as always.
func HideIDs(mw func(http.RoundTripper) http.RoundTripper) func(http.RoundTripper) http.RoundTripper {
	if mw == nil {
		return nil // WithMiddleware reports it
	}
	return func(next http.RoundTripper) http.RoundTripper {
		key := new(hiddenURLKey)
		inner := mw(&showLayer{next, key})
		if inner == nil {
			return nil
		}
		return &hideLayer{inner, key}
	}
}

// hideLayer is outside of the middleware, and showLayer inside. Each request carries its
// real URL past the middleware in its context.
type (
	hideLayer struct {
		next http.RoundTripper
		key  *hiddenURLKey
	}
	showLayer struct {
		next http.RoundTripper
		key  *hiddenURLKey
	}
)

// hiddenURLKey has a size, so that its pointers differ: HideIDs may be within HideIDs.
type hiddenURLKey struct{ _ byte }

// hiddenURL is a URL, and what is shown in its place.
type hiddenURL struct {
	real, shown *url.URL
	id          string
}

func (l *hideLayer) RoundTrip(req *http.Request) (*http.Response, error) {
	state, ok := req.Context().Value(attemptStateKey{}).(*attemptState)
	if !ok {
		return nil, reject(req, errLostContext)
	}
	hidden := &hiddenURL{real: req.URL, shown: hideIn(req.URL, state.id), id: state.id}
	visible := req.WithContext(context.WithValue(req.Context(), l.key, hidden))
	visible.URL = hidden.shown
	resp, err := l.next.RoundTrip(visible)
	if resp != nil {
		resp.Request = req
	}
	return resp, err
}

func (l *showLayer) RoundTrip(req *http.Request) (*http.Response, error) {
	hidden, ok := req.Context().Value(l.key).(*hiddenURL)
	if !ok {
		return nil, reject(req, errLostContext)
	}
	if *req.URL != *hidden.shown && req.URL.String() != hidden.shown.String() {
		return nil, reject(req, errChanged)
	}
	sending := *req
	sending.URL = hidden.real
	resp, err := l.next.RoundTrip(&sending)
	if resp != nil {
		resp.Request = req
	}
	return resp, redactError(err, hidden.redact)
}

func (h *hiddenURL) redact(text string) string {
	return replaceAll(text, append([]string{h.real.String()}, spellings(h.id)...))
}

// hideIn returns u with id replaced where it is a segment of the path or a value of the
// query.
func hideIn(u *url.URL, id string) *url.URL {
	shown := *u
	segments := strings.Split(u.Path, "/")
	for i, segment := range segments {
		if segment == id {
			segments[i] = hiddenID
		}
	}
	shown.Path, shown.RawPath = strings.Join(segments, "/"), ""
	query := u.Query()
	for _, values := range query {
		for i, value := range values {
			if value == id {
				values[i] = hiddenID
			}
		}
	}
	shown.RawQuery = query.Encode()
	return &shown
}
