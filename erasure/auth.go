package erasure

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"

	"github.com/yuno-community/yuno-customers/server"
)

// AccountFinder finds the account of a public key, or returns [ErrNotFound]. It
// must be safe for concurrent use. *sqlstore.Store implements it.
type AccountFinder interface {
	AccountByPublicKey(ctx context.Context, publicKey string) (Account, error)
}

// Authenticator checks API keys against stored accounts. It is a
// [server.Authenticator], safe for concurrent use. Accounts is required.
type Authenticator struct{ Accounts AccountFinder }

var _ server.Authenticator = Authenticator{}

// Authenticate implements [server.Authenticator]. A key pair gives access to its
// own account only. For an unknown public key the secret is hashed and compared as
// well. What the look-up takes longer or shorter is hidden by [server.WithGuard], which
// responds to both after the same time.
func (a Authenticator) Authenticate(ctx context.Context, keys server.Keys) (server.Principal, error) {
	if a.Accounts == nil {
		return server.Principal{}, errors.New("the authenticator has no accounts: set Accounts")
	}
	account, err := a.Accounts.AccountByPublicKey(ctx, keys.PublicAPIKey)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return server.Principal{}, fmt.Errorf("looking up an account: %w", err)
	}
	secret := sha256.Sum256([]byte(keys.PrivateSecretKey))
	same := subtle.ConstantTimeCompare(secret[:], account.SecretHash[:]) == 1
	switch {
	case err != nil || !same:
		return server.Principal{}, server.ErrInvalidCredentials
	case !account.RevokedAt.IsZero():
		return server.Principal{}, server.ErrExpiredCredentials
	}
	return server.Principal{AccountCodes: []string{account.Code}}, nil
}
