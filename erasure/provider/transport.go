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

// newClient is shared by the connections of a configuration. It follows no
// redirect: that would turn DELETE into GET and carry keys to another host.
func newClient(proxy func(*http.Request) (*url.URL, error)) *http.Client {
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                  proxy,
			DialContext:            (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSHandshakeTimeout:    10 * time.Second,
			IdleConnTimeout:        90 * time.Second,
			MaxIdleConnsPerHost:    16,
			MaxResponseHeaderBytes: maxAnswer,
			DisableCompression:     true, // the limit then counts what is sent
			ForceAttemptHTTP2:      true,
		},
	}
}

// exchange sends a request and reads the answer, within the timeout of the
// connection. Its error is for noAnswer only: it holds the URL.
func (c *Connection) exchange(ctx context.Context, r request) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := r.http(ctx)
	if err != nil {
		return nil, err
	}
	response, err := c.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return readAnswer(response)
}

// noAnswer says why no answer came, without the error's text.
func noAnswer(ctx context.Context, err error) erasure.Outcome {
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

// impossible is the outcome of a request that cannot be made.
func impossible(err error) erasure.Outcome {
	reason := "reference_unusable"
	if errors.Is(err, errMissing) {
		reason = "references_missing"
	}
	return erasure.Outcome{Kind: erasure.OutcomeActionRequired, Reason: reason}
}
