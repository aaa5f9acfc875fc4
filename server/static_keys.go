package server

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// StaticKey is one pair of API keys and the accounts it gives access to.
type StaticKey struct {
	// PublicAPIKey identifies the pair. It is not a secret.
	PublicAPIKey string

	// SecretSHA256 is the SHA-256 of the private secret key. A plain hash is
	// enough for a random key of 128 bits or more, which cannot be guessed. It is
	// not enough for a password.
	SecretSHA256 [sha256.Size]byte

	// AccountCodes are the accounts, each a UUID of 36 characters. At least one is
	// required.
	AccountCodes []string
}

// StaticKeys is an [Authenticator] for a fixed list of keys. It keeps only hashes of
// the secret keys and is safe for concurrent use.
type StaticKeys struct {
	byPublicKey map[string]StaticKey
}

var _ Authenticator = (*StaticKeys)(nil)

// NewStaticKeys returns an authenticator for keys, which it copies. The error names
// every invalid entry by its index: one whose public key is empty or duplicated,
// whose hash is missing or that of an empty secret, or whose account codes are
// missing or not UUIDs.
func NewStaticKeys(keys ...StaticKey) (*StaticKeys, error) {
	s := &StaticKeys{byPublicKey: make(map[string]StaticKey, len(keys))}
	var errs []error
	for i, key := range keys {
		if err := key.validate(); err != nil {
			errs = append(errs, fmt.Errorf("static key %d: %w", i, err))
			continue
		}
		if _, dup := s.byPublicKey[key.PublicAPIKey]; dup {
			errs = append(errs, fmt.Errorf("static key %d: the public API key is duplicated", i))
			continue
		}
		key.AccountCodes = slices.Clone(key.AccountCodes)
		s.byPublicKey[key.PublicAPIKey] = key
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return s, nil
}

func (k StaticKey) validate() error {
	var errs []error
	if k.PublicAPIKey == "" {
		errs = append(errs, errors.New("the public API key is empty"))
	}
	if k.SecretSHA256 == [sha256.Size]byte{} || k.SecretSHA256 == sha256.Sum256(nil) {
		errs = append(errs, errors.New("the secret hash is missing or that of an empty key: set sha256.Sum256 of the private secret key"))
	}
	if len(k.AccountCodes) == 0 {
		errs = append(errs, errors.New("the account codes are missing: set at least one"))
	}
	for _, code := range k.AccountCodes {
		if !wire.IsUUID(code) {
			errs = append(errs, fmt.Errorf("account code %q is not a UUID of 36 characters", code))
		}
	}
	return errors.Join(errs...)
}

// Authenticate implements [Authenticator]. For an unknown public key it compares the
// secret with a hash that no secret has, so that the response takes as long as for a
// wrong secret key.
func (s *StaticKeys) Authenticate(_ context.Context, keys Keys) (Principal, error) {
	key, known := s.byPublicKey[keys.PublicAPIKey]
	secret := sha256.Sum256([]byte(keys.PrivateSecretKey))
	same := subtle.ConstantTimeCompare(secret[:], key.SecretSHA256[:]) == 1
	if !known || !same {
		return Principal{}, ErrInvalidCredentials
	}
	return Principal{AccountCodes: key.AccountCodes}, nil
}
