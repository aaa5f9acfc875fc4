package provider

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
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

// exchange sends a request and reads the response within the timeout of the
// connection. Pass the error to noResponse only: it contains the URL.
func (c *Connection) exchange(ctx context.Context, r request) (*response, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := r.http(ctx)
	if err != nil {
		return nil, err
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return readResponse(resp)
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
