package client

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
)

// The environment variables that [CredentialsFromEnv] and [OptionsFromEnv]
// read. Yuno's own tools use the same names.
const (
	EnvAccountCode      = "YUNO_ACCOUNT_CODE"
	EnvPublicAPIKey     = "YUNO_PUBLIC_API_KEY"
	EnvPrivateSecretKey = "YUNO_PRIVATE_SECRET_KEY"
	EnvAPIEndpoint      = "YUNO_API_ENDPOINT"
)

// Credentials identify a Yuno account and authenticate its calls. All three
// are found in the Yuno Dashboard under "Developers".
//
// Printing, logging (log/slog) or marshalling (JSON, XML, text) Credentials
// shows the account code and never the keys. Two cases Go puts out of reach of
// a struct of strings: package fmt calls no method on a value in an unexported
// field of another struct, nor for a verb that does not fit (%p and %w; go vet
// reports both). So hand Credentials to [New] and let go of them: a [Client]
// keeps its keys where fmt finds nothing to print.
type Credentials struct {
	// AccountCode is the account that owns the customers: a UUID, sent as
	// x-account-code. [WithAccountCode] replaces it for one call.
	AccountCode string

	// PublicAPIKey is sent as public-api-key. Its prefix names the
	// environment it belongs to: sandbox_ or prod_.
	PublicAPIKey string

	// PrivateSecretKey is sent as private-secret-key.
	PrivateSecretKey string
}

// CredentialsFromEnv reads YUNO_ACCOUNT_CODE, YUNO_PUBLIC_API_KEY and
// YUNO_PRIVATE_SECRET_KEY. The error names every variable that is unset or
// empty, and is [ErrInvalidArgument]. See [OptionsFromEnv] for the base URL.
func CredentialsFromEnv() (Credentials, error) {
	var missing []string
	get := func(name string) string {
		value := os.Getenv(name)
		if value == "" {
			missing = append(missing, name)
		}
		return value
	}
	creds := Credentials{
		AccountCode:      get(EnvAccountCode),
		PublicAPIKey:     get(EnvPublicAPIKey),
		PrivateSecretKey: get(EnvPrivateSecretKey),
	}
	if len(missing) > 0 {
		return Credentials{}, invalid("not set in the environment: %s", strings.Join(missing, ", "))
	}
	return creds, nil
}

func (c Credentials) validate() error {
	return joinInvalid([]error{
		checkHeaderValue("Credentials.AccountCode", c.AccountCode),
		checkHeaderValue("Credentials.PublicAPIKey", c.PublicAPIKey),
		checkHeaderValue("Credentials.PrivateSecretKey", c.PrivateSecretKey),
	})
}

// checkHeaderValue accepts visible ASCII. A key read from a file often ends in
// a newline: net/http would find it at the first call, a proxy perhaps never.
// The value is not echoed: it may be a key.
func checkHeaderValue(name, value string) error {
	if value == "" {
		return invalid("%s is empty", name)
	}
	for i := range len(value) {
		if value[i] <= ' ' || value[i] > '~' {
			return invalid("%s holds a character at byte %d that is not visible ASCII (a space, a newline?)", name, i)
		}
	}
	return nil
}

// redacted stands in for a key wherever one would have been shown.
const redacted = "[redacted]"

// String returns the account code and hides the keys.
func (c Credentials) String() string {
	return fmt.Sprintf("Credentials{AccountCode:%q PublicAPIKey:%s PrivateSecretKey:%s}",
		c.AccountCode, shade(c.PublicAPIKey), shade(c.PrivateSecretKey))
}

// shade tells a missing key from a present one and nothing else.
func shade(key string) string {
	if key == "" {
		return `""`
	}
	return redacted
}

// Format writes [Credentials.String] for every verb: String alone would leave
// %d, %x and %#v to print the fields.
func (c Credentials) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, c.String()) }

// LogValue implements [slog.LogValuer].
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText implements [encoding.TextMarshaler], and with it what JSON, XML
// and YAML write. Nothing reads it back.
func (c Credentials) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
