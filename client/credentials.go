package client

import (
	"os"
	"strings"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// The environment variables that [CredentialsFromEnv] and [OptionsFromEnv] read.
// Yuno's own tools use the same names.
const (
	EnvAccountCode      = "YUNO_ACCOUNT_CODE"
	EnvPublicAPIKey     = "YUNO_PUBLIC_API_KEY"
	EnvPrivateSecretKey = "YUNO_PRIVATE_SECRET_KEY"
	EnvAPIEndpoint      = "YUNO_API_ENDPOINT"
)

// Credentials identify a Yuno account and authenticate its calls. All three fields
// are required; find their values in the Yuno Dashboard under "Developers":
//
//	type Credentials struct {
//		// AccountCode is the account that owns the customers: at Yuno a UUID, sent
//		// as x-account-code. WithAccountCode replaces it for one call.
//		AccountCode string
//
//		// PublicAPIKey is sent as public-api-key. Its prefix names the
//		// environment that it belongs to: sandbox_ or prod_ (staging_ and dev_ are
//		// of Yuno's own people).
//		PublicAPIKey string
//
//		// PrivateSecretKey is sent as private-secret-key.
//		PrivateSecretKey string
//	}
//
//	// Validate reports every field that is empty, or not visible ASCII, without
//	// its value. New does the same, and checks what only Yuno requires.
//	func (Credentials) Validate() error
//
// Printing, logging (log/slog) or marshalling (JSON, XML, text) Credentials shows
// the account code and never the keys. A struct of strings cannot prevent two
// cases: package fmt calls no method on a value in an unexported field of another
// struct, nor for a verb that does not apply (%p and %w; go vet reports both). So
// pass Credentials to [New] and do not store them: fmt cannot print the keys of a
// [Client].
//
// Packages sandbox and contract/conformance of this module use the same type.
type Credentials = wire.Credentials

// CredentialsFromEnv reads YUNO_ACCOUNT_CODE, YUNO_PUBLIC_API_KEY and
// YUNO_PRIVATE_SECRET_KEY. The error names every variable that is unset or empty,
// and is [ErrInvalidArgument]. See [OptionsFromEnv] for the base URL.
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

// checkCredentials returns every mistake in creds as an ErrInvalidArgument.
func checkCredentials(creds Credentials) error {
	err := creds.Validate()
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	var mistakes []error
	for _, err := range joined.Unwrap() {
		mistakes = append(mistakes, invalid("Credentials.%v", err))
	}
	return joinInvalid(mistakes)
}
