package sqlstore

import (
	"encoding/json"
	"errors"

	"github.com/yuno-community/yuno-customers/erasure"
)

// sealReferences seals a target's references under a new key. It returns the key,
// wrapped, and the ciphertext.
func (s *Store) sealReferences(targetID string, refs erasure.References) (wrapped, sealed []byte, err error) {
	data, err := json.Marshal(refs)
	if err != nil {
		return nil, nil, errors.New("the references are not JSON") // the error could quote them
	}
	key, wrapped := s.ring.NewKey(targetKey(targetID))
	return wrapped, key.Seal(data, targetRefs(targetID)), nil
}

// openReferences opens the ciphertext from sealReferences. The error is ErrUnreadable.
func (s *Store) openReferences(targetID string, wrapped, sealed []byte) (refs erasure.References, err error) {
	key, err := s.ring.OpenKey(wrapped, targetKey(targetID))
	if err != nil {
		return refs, unreadable(err)
	}
	data, err := key.Open(sealed, targetRefs(targetID))
	if err != nil {
		return refs, unreadable(err)
	}
	if json.Unmarshal(data, &refs) != nil { // the error would quote the data
		return refs, unreadable(errors.New("not the JSON that was sealed"))
	}
	return refs, nil
}
