package wire

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// Redacted is printed in place of a secret.
const Redacted = "[redacted]"

// Credentials identify an account and authenticate its calls. Packages client,
// sandbox and contract export this type under the same name.
//
// Printing, logging (log/slog) or marshalling (JSON, XML, text) Credentials
// shows the account code and never the keys. A struct of strings cannot prevent
// two cases: package fmt calls no method on a value in an unexported field of
// another struct, nor for a verb that does not fit (%p and %w; go vet reports
// both).
type Credentials struct {
	AccountCode      string // a UUID, sent as x-account-code
	PublicAPIKey     string // sent as public-api-key; its prefix names the environment
	PrivateSecretKey string // sent as private-secret-key
}

// Validate returns every field that cannot be sent as a header value, in one line,
// or nil. Unwrap() []error of the error returns one error per field. They name
// the field and show no value: a value in the wrong place may be a key.
func (c Credentials) Validate() error {
	var errs fieldErrors
	for _, field := range []struct{ name, value string }{
		{"AccountCode", c.AccountCode},
		{"PublicAPIKey", c.PublicAPIKey},
		{"PrivateSecretKey", c.PrivateSecretKey},
	} {
		if err := CheckCredential(field.value); err != nil {
			errs = append(errs, fmt.Errorf("%s %w", field.name, err))
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return errs
}

// fieldErrors is at least one error.
type fieldErrors []error

func (e fieldErrors) Error() string {
	texts := make([]string, len(e))
	for i, err := range e {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

func (e fieldErrors) Unwrap() []error { return e }

// CheckCredential returns why value cannot be sent as the value of a header,
// whole and alone, or nil: it must be visible ASCII, at least one character. A key
// that was read from a file often ends in a line break, which net/http reports at
// the first call and a proxy perhaps never. The text is a predicate and does not
// show the value.
func CheckCredential(value string) error {
	if value == "" {
		return errEmpty
	}
	for i := range len(value) {
		if value[i] <= ' ' || value[i] > '~' {
			return fmt.Errorf("contains a character at byte %d that is not visible ASCII (a space or a line break?)", i)
		}
	}
	return nil
}

// String returns the account code, and of each key only whether it is set.
func (c Credentials) String() string {
	return fmt.Sprintf("Credentials{AccountCode:%q PublicAPIKey:%s PrivateSecretKey:%s}",
		c.AccountCode, redactKey(c.PublicAPIKey), redactKey(c.PrivateSecretKey))
}

func redactKey(key string) string {
	if key == "" {
		return `""`
	}
	return Redacted
}

// Format writes [Credentials.String] for every verb: String alone would leave
// %d, %x and %#v to print the fields.
func (c Credentials) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, c.String()) }

// LogValue implements [slog.LogValuer].
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText implements [encoding.TextMarshaler], and with it what JSON, XML
// and YAML write. Nothing reads it back.
func (c Credentials) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
