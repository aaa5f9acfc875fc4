package erasure

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/server"
)

type stubAccounts struct {
	accounts map[string]Account
	err      error
}

func (s stubAccounts) AccountByPublicKey(_ context.Context, key string) (Account, error) {
	if s.err != nil {
		return Account{}, s.err
	}
	a, ok := s.accounts[key]
	if !ok {
		return Account{}, ErrNotFound
	}
	return a, nil
}

func TestAuthenticator(t *testing.T) {
	t.Parallel()
	unavailable := errors.New("no database")
	hash := sha256.Sum256([]byte("secret"))
	accounts := map[string]Account{
		"public":  {Code: "a1", SecretHash: hash},
		"revoked": {Code: "a2", SecretHash: hash, RevokedAt: time.Now()},
	}
	cases := []struct {
		name           string
		public, secret string
		storeErr       error
		want           error
	}{
		{"Right", "public", "secret", nil, nil},
		{"WrongSecret", "public", "Secret", nil, server.ErrInvalidCredentials},
		{"EmptySecret", "public", "", nil, server.ErrInvalidCredentials},
		{"UnknownKey", "unknown", "secret", nil, server.ErrInvalidCredentials},
		{"Revoked", "revoked", "secret", nil, server.ErrExpiredCredentials},
		{"RevokedIsNotShownWithoutTheSecret", "revoked", "wrong", nil, server.ErrInvalidCredentials},
		{"NoDatabase", "public", "secret", unavailable, unavailable},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := Authenticator{stubAccounts{accounts: accounts, err: c.storeErr}}
			p, err := a.Authenticate(t.Context(), server.Keys{PublicAPIKey: c.public, PrivateSecretKey: c.secret})
			if !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
				t.Fatalf("err %v, want %v", err, c.want)
			}
			if c.want == nil && (len(p.AccountCodes) != 1 || p.AccountCodes[0] != "a1") {
				t.Errorf("gives access to %v", p.AccountCodes)
			}
			if c.want != nil && len(p.AccountCodes) > 0 {
				t.Errorf("gives access to %v with an error", p.AccountCodes)
			}
		})
	}
}
