package client

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// redactor returns a function that replaces the keys, the URL of the call and the
// customer id in a text.
func (c *call) redactor() func(text string) string {
	redactKeys := c.keys.redact
	personal := append([]string{c.request.URL.String()}, spellings(c.id)...)
	return func(text string) string { return replaceAll(redactKeys(text), personal) }
}

// redactResponse replaces the keys in a response that echoes them.
func (c *Client) redactResponse(result *attemptResult) {
	if result.resp == nil {
		return
	}
	result.resp.Status = c.keys.redact(result.resp.Status)
	for _, header := range []http.Header{result.resp.Header, result.resp.Trailer} {
		for name, values := range header {
			if c.keys.inHeaderName(name) {
				delete(header, name)
				continue
			}
			for i, value := range values {
				if redacted := c.keys.redact(value); redacted != value {
					values[i] = redacted
				}
			}
		}
	}
	if len(result.body) > 0 {
		result.body = []byte(c.keys.redact(string(result.body)))
	}
}

// redactError returns err with redact applied to its text, and without the URLs
// that any *url.Error in its chain puts there.
func redactError(err error, redact func(string) string) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	redacted := text
	var withURL *url.Error
	for inner := err; errors.As(inner, &withURL) && withURL.URL != ""; inner = withURL.Err {
		redacted = strings.ReplaceAll(redacted, withURL.URL, wire.Redacted)
	}
	if redacted = redact(redacted); redacted == text {
		return err
	}
	return &redactedError{redacted, err}
}

// redactedError matches what its cause matches but does not unwrap to it: error
// reporters print every error in a chain.
type redactedError struct {
	text  string
	cause error
}

func (e *redactedError) Error() string        { return e.text }
func (e *redactedError) Is(target error) bool { return errors.Is(e.cause, target) }
func (e *redactedError) As(target any) bool   { return errors.As(e.cause, target) }
