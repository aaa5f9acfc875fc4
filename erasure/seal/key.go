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

// ErrCorrupt: the ciphertext or wrapped key was altered, cut short, or belongs to
// another place. Which of these cannot be known.
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

const hiddenKey = "seal.Key(hidden)"

// Format writes no part of the key, whatever the verb.
func (k Key) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, hiddenKey) }

// LogValue returns no part of the key.
func (k Key) LogValue() slog.Value { return slog.StringValue(hiddenKey) }

// MarshalText returns no part of the key.
func (k Key) MarshalText() ([]byte, error) { return []byte(hiddenKey), nil }

// newGCM returns AES-256-GCM that draws a random nonce on every Seal and keeps it
// in front of the ciphertext.
func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// randomKey never fails: crypto/rand ends the program if the system has no
// randomness left to give.
func randomKey() []byte {
	key := make([]byte, KeySize)
	_, _ = rand.Read(key)
	return key
}
