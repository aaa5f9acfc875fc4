package client

import (
	"errors"
	"net/url"
	"strings"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// discretion returns what takes the keys, the call's URL and the customer's id
// out of a text.
func (c *Client) discretion(customerID string) func(text string) string {
	req := c.template.request(customerID)
	personal := append([]string{req.URL.String()}, spellings(customerID)...)
	return func(text string) string { return replaceAll(c.keys.hide(text), personal) }
}

// discreet returns err with hide applied to its text, and without the URLs that
// a *url.Error puts there.
func discreet(err error, hide func(string) string) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	hidden := text
	var withURL *url.Error
	for inner := err; errors.As(inner, &withURL) && withURL.URL != ""; inner = withURL.Err {
		hidden = strings.ReplaceAll(hidden, withURL.URL, wire.Redacted)
	}
	if hidden = hide(hidden); hidden == text {
		return err
	}
	return &discreetError{hidden, err}
}

// discreetError matches what its cause matches but does not unwrap to it:
// reporters of errors print every link of the chain.
type discreetError struct {
	text  string
	cause error
}

func (e *discreetError) Error() string        { return e.text }
func (e *discreetError) Is(target error) bool { return errors.Is(e.cause, target) }
func (e *discreetError) As(target any) bool   { return errors.As(e.cause, target) }
