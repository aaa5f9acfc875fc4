package erasure

import "time"

// Account may delete its own customers, with one pair of API keys.
type Account struct {
	Code string `json:"code"` // a UUID
	// PublicKey identifies the key pair. Only the SHA-256 of the secret key is stored.
	PublicKey  string    `json:"public_key"`
	SecretHash [32]byte  `json:"-"`
	CreatedAt  time.Time `json:"created_at"`
	// RevokedAt is when the keys were revoked; zero while they are valid.
	RevokedAt time.Time `json:"revoked_at,omitzero"`
}
