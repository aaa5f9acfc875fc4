package seal

// Sealer seals under one master key of a ring. It is safe for concurrent use, and the
// same after the ring was reloaded.
type Sealer struct {
	ring *Ring
	m    *master
}

// Sealer returns a sealer for a master key of the ring, whether or not it is the current
// one. If the ring lacks the key, it reloads the key file first. The error is an
// [*UnknownKeyError].
//
// A database that several processes share says which key is the newest, and they seal
// under that one, however old a process's copy of the keys is. Otherwise data could be
// sealed under a key that is about to be destroyed.
func (r *Ring) Sealer(id KeyID) (Sealer, error) {
	m, err := r.master(id)
	if err != nil {
		return Sealer{}, err
	}
	return Sealer{r, m}, nil
}

// ID returns the id of the sealer's master key.
func (s Sealer) ID() KeyID { return s.m.id }

// NewKey returns a new data key for a place, and the same key wrapped, to be stored
// there.
func (s Sealer) NewKey(at Place) (Key, []byte) {
	raw := randomKey()
	gcm, err := newGCM(raw)
	if err != nil {
		panic(err) // unreachable: only a wrong length is an error
	}
	return Key{gcm}, s.m.seal(raw, at)
}

// Rewrap returns a data key wrapped under the sealer's master key, or nil if it already
// is. The errors are those of [Ring.OpenKey].
func (s Sealer) Rewrap(wrapped []byte, at Place) ([]byte, error) {
	m, raw, err := s.ring.unwrap(wrapped, at)
	if err != nil || m.id == s.m.id {
		return nil, err
	}
	return s.m.seal(raw, at), nil
}

// Lookup returns an HMAC-SHA-256 of a value. Rows store it in order to be found by the
// value, which they do not store. The same value has different HMACs in different
// places.
func (s Sealer) Lookup(value string, at Place) []byte { return s.m.mac(value, at) }
