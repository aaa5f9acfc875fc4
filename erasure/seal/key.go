package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// KeySize is the length of master keys and data keys in bytes.
const KeySize = 32

// ErrCorrupt means that a ciphertext or a wrapped key was altered, truncated, or
// belongs to another place. Which of these it was cannot be known.
var ErrCorrupt = errors.New("sealed data does not open: it was altered, or belongs to another row")

// Key is a data key. It is safe for concurrent use.
type Key struct{ gcm cipher.AEAD }

// Seal encrypts data for a place.
func (k Key) Seal(data []byte, at Place) []byte {
	return k.gcm.Seal(nil, nil, data, at.bytes())
}

// Open decrypts what Seal returned for the same place. The error is [ErrCorrupt].
func (k Key) Open(sealed []byte, at Place) ([]byte, error) {
	data, err := k.gcm.Open(nil, nil, sealed, at.bytes())
	if err != nil {
		return nil, ErrCorrupt
	}
	return data, nil
}

const redactedKey = "seal.Key(redacted)"

// Format writes the same text for every verb, with no part of the key.
func (k Key) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, redactedKey) }

// LogValue returns no part of the key.
func (k Key) LogValue() slog.Value { return slog.StringValue(redactedKey) }

// MarshalText returns no part of the key.
func (k Key) MarshalText() ([]byte, error) { return []byte(redactedKey), nil }

// newGCM returns AES-256-GCM with a random nonce per Seal, which is stored in front of
// the ciphertext.
func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// randomKey cannot fail: crypto/rand ends the program if the system has no randomness.
func randomKey() []byte {
	key := make([]byte, KeySize)
	_, _ = rand.Read(key)
	return key
}
