package provider

import (
	"context"
	"errors"
	"net/http"
	"net/url"
)

// An Option adjusts [Load].
type Option func(*loader) error

// WithMiddleware sets middleware around every request to a provider: calls, checks, and
// requests for an access token. It is for tracing, and sees nothing of a customer and no
// secret: of the request it gets the method, scheme and host, with REDACTED for a path and
// without query, headers and body, and of a failure the kind. [CallOf] tells it which call
// of the description the request is. What it changes in the request has no effect. The
// response is the provider's, whose body it must not read.
func WithMiddleware(mw func(http.RoundTripper) http.RoundTripper) Option {
	return func(l *loader) error {
		if mw == nil {
			return errors.New("the middleware is nil")
		}
		l.middleware = mw
		return nil
	}
}

// CallOf returns the name of the call that a request is, such as delete_customer, given the
// context of the request that a [WithMiddleware] gets.
func CallOf(ctx context.Context) string {
	hidden, _ := ctx.Value(hiddenKey{}).(*hiddenRequest)
	if hidden == nil {
		return ""
	}
	return hidden.call
}

// hideFrom returns a transport that runs mw around next. Each request travels past mw in its
// context.
func hideFrom(mw func(http.RoundTripper) http.RoundTripper, next http.RoundTripper) http.RoundTripper {
	return &hideLayer{mw(&showLayer{next})}
}

type (
	hideLayer struct{ next http.RoundTripper } // outside of the middleware
	showLayer struct{ next http.RoundTripper } // inside

	hiddenKey     struct{}
	hiddenRequest struct {
		call string
		real *http.Request
	}
	callKey struct{}
)

// withCall names the call of a request, for [CallOf].
func withCall(ctx context.Context, call string) context.Context {
	return context.WithValue(ctx, callKey{}, call)
}

// RoundTrip implements [http.RoundTripper].
func (l *hideLayer) RoundTrip(req *http.Request) (*http.Response, error) {
	call, _ := req.Context().Value(callKey{}).(string)
	ctx := context.WithValue(req.Context(), hiddenKey{}, &hiddenRequest{call, req})
	shown := (&http.Request{
		Method: req.Method, URL: &url.URL{Scheme: req.URL.Scheme, Host: req.URL.Host, Path: "/REDACTED"},
		Host: req.URL.Host, Header: http.Header{}, Body: http.NoBody,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	resp, err := l.next.RoundTrip(shown)
	if resp != nil {
		resp.Request = req
	}
	return resp, err
}

// RoundTrip implements [http.RoundTripper].
func (l *showLayer) RoundTrip(shown *http.Request) (*http.Response, error) {
	hidden, ok := shown.Context().Value(hiddenKey{}).(*hiddenRequest)
	if !ok {
		return nil, errors.New("middleware of the providers replaced the context of a request")
	}
	resp, err := l.next.RoundTrip(hidden.real.WithContext(shown.Context()))
	if resp != nil {
		resp.Request = shown
	}
	if err != nil {
		return nil, &hiddenError{err}
	}
	return resp, nil
}

// hiddenError is an error of the network whose text names no part of the request.
type hiddenError struct{ cause error }

func (e *hiddenError) Error() string { return noResponse(context.Background(), e.cause).Reason }

// Unwrap returns the error.
func (e *hiddenError) Unwrap() error { return e.cause }
