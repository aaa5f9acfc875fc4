package seal

import (
	"bytes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// KeyID is the public id of a master key. It is derived from the key and reveals
// nothing about it.
type KeyID [8]byte

// String returns the id in hexadecimal.
func (id KeyID) String() string { return hex.EncodeToString(id[:]) }

// UnknownKeyError means that the ring lacks the master key that a data key is wrapped
// under.
type UnknownKeyError struct{ ID KeyID }

func (e *UnknownKeyError) Error() string {
	return fmt.Sprintf("master key %s is not in the key ring", e.ID)
}

// Ring is a list of master keys. The first one is current and wraps; all of them
// unwrap. A ring that was loaded from a file follows changes of it: see
// [Ring.Reload]. It is safe for concurrent use.
type Ring struct {
	keys atomic.Pointer[[]*master] // the slice is replaced, never changed
	path string

	reloading sync.Mutex
}

// master contains the values derived from one master key, but not the key itself.
type master struct {
	id     KeyID
	wrap   cipher.AEAD
	lookup []byte
}

// NewRing returns a ring of master keys. Each has [KeySize] random bytes, and none is
// used twice.
func NewRing(current []byte, older ...[]byte) (*Ring, error) {
	var masters []*master
	for i, key := range slices.Concat([][]byte{current}, older) {
		m, err := newMaster(key)
		if err != nil {
			return nil, fmt.Errorf("master key %d: %w", i+1, err)
		}
		if find(masters, m.id) != nil {
			return nil, fmt.Errorf("master key %d is a duplicate", i+1)
		}
		masters = append(masters, m)
	}
	ring := &Ring{}
	ring.keys.Store(&masters)
	return ring, nil
}

func newMaster(key []byte) (*master, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("has %d bytes, want %d", len(key), KeySize)
	}
	if bytes.Count(key, key[:1]) == KeySize {
		return nil, errors.New("is one byte repeated, not random")
	}
	// The only error of hkdf.Key is a length beyond 255 hashes.
	id, _ := hkdf.Key(sha256.New, key, nil, "yuno-erasure master key id", len(KeyID{}))
	wrap, _ := hkdf.Key(sha256.New, key, nil, "yuno-erasure wrap data keys", KeySize)
	lookup, _ := hkdf.Key(sha256.New, key, nil, "yuno-erasure lookup", KeySize)
	gcm, err := newGCM(wrap)
	if err != nil {
		return nil, err
	}
	return &master{id: KeyID(id), wrap: gcm, lookup: lookup}, nil
}

func (r *Ring) masters() []*master {
	if keys := r.keys.Load(); keys != nil {
		return *keys
	}
	return nil
}

// Current returns the id of the current master key.
func (r *Ring) Current() KeyID { return r.masters()[0].id }

// IDs returns the ids of all master keys, the current one first.
func (r *Ring) IDs() []KeyID {
	var ids []KeyID
	for _, m := range r.masters() {
		ids = append(ids, m.id)
	}
	return ids
}

// Path returns the file that the ring was loaded from; empty if it came from the
// environment or from [NewRing].
func (r *Ring) Path() string { return r.path }

func find(masters []*master, id KeyID) *master {
	for _, m := range masters {
		if m.id == id {
			return m
		}
	}
	return nil
}

const wrapVersion = 1

// header is the start of every wrapped key. It is authenticated with the place.
func (m *master) header() []byte { return append([]byte{wrapVersion}, m.id[:]...) }

func (m *master) seal(key []byte, at Place) []byte {
	header := m.header()
	return m.wrap.Seal(header, nil, key, append(header[:len(header):len(header)], at.bytes()...))
}

// NewKey returns a new data key for a place, and the same key wrapped under the current
// master key, to be stored there.
func (r *Ring) NewKey(at Place) (Key, []byte) { return Sealer{r, r.masters()[0]}.NewKey(at) }

// OpenKey unwraps a data key that [Ring.NewKey] returned for the same place. If the
// ring lacks its master key, it reloads the key file first. The error is [ErrCorrupt]
// or an [*UnknownKeyError].
func (r *Ring) OpenKey(wrapped []byte, at Place) (Key, error) {
	_, raw, err := r.unwrap(wrapped, at)
	if err != nil {
		return Key{}, err
	}
	gcm, err := newGCM(raw)
	if err != nil {
		return Key{}, ErrCorrupt
	}
	return Key{gcm}, nil
}

// master returns a master key of the ring. If the ring lacks it, it reloads the key file
// first. The error is an *UnknownKeyError.
func (r *Ring) master(id KeyID) (*master, error) {
	m := find(r.masters(), id)
	if m == nil {
		_, _ = r.reload(id) // if the file cannot be read, the key stays unknown
		m = find(r.masters(), id)
	}
	if m == nil {
		return nil, &UnknownKeyError{id}
	}
	return m, nil
}

func (r *Ring) unwrap(wrapped []byte, at Place) (*master, []byte, error) {
	id, err := WrappedUnder(wrapped)
	if err != nil {
		return nil, nil, err
	}
	m, err := r.master(id)
	if err != nil {
		return nil, nil, err
	}
	header := m.header()
	raw, err := m.wrap.Open(nil, nil, wrapped[len(header):], append(header, at.bytes()...))
	if err != nil || len(raw) != KeySize {
		return nil, nil, ErrCorrupt
	}
	return m, raw, nil
}

// WrappedUnder returns the id of the master key that a data key is wrapped under. It
// reads the header, which is authenticated only when the key is opened. The error is
// [ErrCorrupt].
func WrappedUnder(wrapped []byte) (KeyID, error) {
	const size = 1 + len(KeyID{})
	if len(wrapped) < size || wrapped[0] != wrapVersion {
		return KeyID{}, ErrCorrupt
	}
	return KeyID(wrapped[1:size]), nil
}

// Lookups returns the HMACs of [Sealer.Lookup] under every key of the ring, the current
// one first. A row has the HMAC under the key that it was sealed under.
func (r *Ring) Lookups(value string, at Place) [][]byte {
	var macs [][]byte
	for _, m := range r.masters() {
		macs = append(macs, m.mac(value, at))
	}
	return macs
}

func (m *master) mac(value string, at Place) []byte {
	h := hmac.New(sha256.New, m.lookup)
	_, _ = h.Write(slices.Concat(at, Place{value}).bytes())
	return h.Sum(nil)
}

// String returns the ids of the keys.
func (r *Ring) String() string {
	if r == nil {
		return "seal.Ring(none)"
	}
	var ids []string
	for _, id := range r.IDs() {
		ids = append(ids, id.String())
	}
	return "seal.Ring(" + strings.Join(ids, " ") + ")"
}

// Format writes what String returns, for every verb.
func (r *Ring) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, r.String()) }

// LogValue returns what String returns.
func (r *Ring) LogValue() slog.Value { return slog.StringValue(r.String()) }

// MarshalText returns what String returns.
func (r *Ring) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
