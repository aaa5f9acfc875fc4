package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// Authenticator decides what a pair of API keys gives access to. Implementations
// must be safe for concurrent use. The handler calls them once for every request to
// an existing path and method that carries both keys, before it looks at the rest of
// the request.
type Authenticator interface {
	// Authenticate returns what keys give access to. Both keys are non-empty.
	//
	// It returns [ErrInvalidCredentials] for an unknown public key and for a
	// secret key that does not belong to it, after the same time, and
	// [ErrExpiredCredentials] for keys that used to be valid. Any other error
	// becomes a 500 and is logged, so it must not contain the keys. ctx ends when
	// the client disconnects or the timeout of the request passes.
	Authenticate(ctx context.Context, keys Keys) (Principal, error)
}

// Errors that an [Authenticator] returns for keys that give no access. It may wrap
// them.
var (
	ErrInvalidCredentials = errors.New("invalid credentials")
	ErrExpiredCredentials = errors.New("expired credentials")
)

// Keys are the API keys of one request, as sent. They print and marshal as
// "[redacted]".
type Keys struct {
	PublicAPIKey     string
	PrivateSecretKey string
}

// Format keeps the keys out of every verb of package fmt.
func (Keys) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, wire.Redacted) }

// LogValue keeps the keys out of logs.
func (Keys) LogValue() slog.Value { return slog.StringValue(wire.Redacted) }

// MarshalText keeps the keys out of JSON and other encodings.
func (Keys) MarshalText() ([]byte, error) { return []byte(wire.Redacted), nil }

// Principal is what a pair of keys gives access to.
type Principal struct {
	// AccountCodes are the accounts whose customers may be erased and retrieved.
	// They are compared with x-account-code as text: another spelling of the same
	// UUID is another account.
	AccountCodes []string
}

// PrincipalOf returns what the keys of the request that ctx belongs to give access to.
// An operation that has no account among its parameters uses it to search only the
// accounts of the caller. Outside a call of an implementation it returns the zero
// Principal, which gives access to nothing.
func PrincipalOf(ctx context.Context) Principal {
	return scopeOf[Principal](ctx)
}

// hasAccount reports whether the keys give access to the account.
func (p Principal) hasAccount(accountCode string) bool {
	return slices.Contains(p.AccountCodes, accountCode)
}
