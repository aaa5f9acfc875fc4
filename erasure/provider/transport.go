package provider

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// newClient returns the client that all connections of a configuration share. It
// follows no redirect: that would turn DELETE into GET and send keys to another
// host.
func newClient(proxy func(*http.Request) (*url.URL, error)) *http.Client {
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                  proxy,
			DialContext:            (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSHandshakeTimeout:    10 * time.Second,
			IdleConnTimeout:        90 * time.Second,
			MaxIdleConnsPerHost:    16,
			MaxResponseHeaderBytes: maxResponseBody,
			DisableCompression:     true, // so that maxResponseBody counts what is sent
			ForceAttemptHTTP2:      true,
		},
	}
}

// failure is a request that got no response.
type failure struct {
	erasure.Outcome
	sent bool // some of it was, so it may have had its effect
}

// exchange sends a request and reads the response within the timeout of the
// connection.
func (c *Connection) exchange(ctx context.Context, r request) (*response, *failure) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var sent atomic.Bool
	req, err := r.http(httptrace.WithClientTrace(withCall(ctx, r.call), &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }}))
	if err != nil {
		return nil, &failure{noResponse(ctx, err), false}
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, &failure{noResponse(ctx, err), sent.Load()}
	}
	defer resp.Body.Close()
	read, err := readResponse(resp)
	if err != nil {
		return nil, &failure{noResponse(ctx, err), true}
	}
	return read, nil
}

// noResponse returns the outcome of a call without a response. It drops the
// error's text.
func noResponse(ctx context.Context, err error) erasure.Outcome {
	reason := "connection_failed"
	var (
		timeout     net.Error
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		alert       tls.AlertError
	)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		reason = "canceled"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		reason = "timeout"
	case errors.As(err, &certificate), errors.As(err, &record), errors.As(err, &alert),
		errors.Is(err, http.ErrSchemeMismatch):
		reason = "tls_failed"
	}
	return erasure.Outcome{Kind: erasure.OutcomeRetry, Reason: reason}
}

// impossible returns the outcome of a request that cannot be made.
func impossible(err error) erasure.Outcome {
	reason := "reference_unusable"
	if errors.Is(err, errMissing) {
		reason = "references_missing"
	}
	return erasure.Outcome{Kind: erasure.OutcomeActionRequired, Reason: reason}
}
