package sqlstore

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/seal"
)

// sealProgress seals a target's progress, references included, under a new key. It
// returns the key, wrapped, and the ciphertext.
func sealProgress(sealer seal.Sealer, targetID string, p erasure.Progress) (wrapped, sealed []byte, err error) {
	data, err := json.Marshal(p)
	if err != nil {
		return nil, nil, errors.New("the references are not JSON") // the error could quote them
	}
	key, wrapped := sealer.NewKey(targetKey(targetID))
	return wrapped, key.Seal(data, targetRefs(targetID)), nil
}

// openProgress opens the ciphertext from sealProgress. The errors are ErrUnreadable and
// [*erasure.KeyMissingError].
func (s *Store) openProgress(ctx context.Context, db querier, targetID string, wrapped, sealed []byte) (p erasure.Progress, err error) {
	key, err := s.ring.OpenKey(wrapped, targetKey(targetID))
	if err != nil {
		return p, s.cannotOpen(ctx, db, err)
	}
	data, err := key.Open(sealed, targetRefs(targetID))
	if err != nil {
		return p, unreadable(err)
	}
	if json.Unmarshal(data, &p) != nil { // the error would quote the data
		return p, unreadable(errors.New("not the JSON that was sealed"))
	}
	return p, nil
}
