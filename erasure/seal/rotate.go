package seal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// Rotate inserts a new random master key as the first one of a key file, atomically,
// and returns the file's new ring. The old keys stay, so that everything still opens.
// Two concurrent calls may lose one of their keys, so the caller must hold a lock.
//
// A complete rotation has four steps: Rotate; distribute the file to every server and
// check that each has loaded it ([Ring.Reload]), so that none still wraps under the
// old key; rewrap everything (sqlstore.Store.Rewrap); [DropOlder].
func Rotate(path string) (*Ring, error) {
	if _, err := loadFile(path); err != nil { // do not extend an invalid file
		return nil, err
	}
	if err := checkOwner(path); err != nil {
		return nil, err
	}
	old, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := replaceFile(path, append(encode(randomKey()), old...), true); err != nil {
		return nil, fmt.Errorf("rotate the master key: %w", err)
	}
	return loadFile(path)
}

// Reload loads the ring's file again, and reports whether its keys have changed. It
// keeps the present keys, and returns an error, if the file fails to load or lacks the
// ring's current key: an old copy of the file, for example, must not remove a key that
// data is sealed under. A ring that was not loaded from a file does not change.
//
// The ring also reloads by itself when it meets an unknown key. It does not notice a
// rotation before that, so servers should call Reload every few seconds.
func (r *Ring) Reload() (changed bool, err error) { return r.reload(r.Current()) }

// reload loads the file, if it contains the wanted key.
func (r *Ring) reload(wanted KeyID) (changed bool, err error) {
	if r.path == "" {
		return false, nil
	}
	r.reloading.Lock() // otherwise older content could replace newer content
	defer r.reloading.Unlock()
	fresh, err := loadFile(r.path)
	switch {
	case err != nil:
		return false, err
	case find(fresh.masters(), wanted) == nil:
		return false, fmt.Errorf("master key file %s does not contain key %s, which is in use: restore it", r.path, wanted)
	case slices.Equal(fresh.IDs(), r.IDs()):
		return false, nil
	}
	r.keys.Store(fresh.keys.Load())
	return true, nil
}

// DropOlder removes all master keys except the current one from a key file. Data whose
// key is still wrapped under an older one becomes unreadable for good, so call it only
// after a rewrap that changed nothing. want is the id of the key that was current in
// that rewrap. If another key is current by now, DropOlder returns an error and drops
// nothing.
func DropOlder(path string, want KeyID) error {
	if _, err := loadFile(path); err != nil {
		return err
	}
	if err := checkOwner(path); err != nil {
		return err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	ring, err := parseFile(data) // of the data that is rewritten below
	if err != nil {
		return err
	}
	if ring.Current() != want {
		return errors.New("the master key has been rotated again: rewrap first")
	}
	for line := range bytes.Lines(data) {
		if text := strings.TrimSpace(string(line)); text != "" && !strings.HasPrefix(text, "#") {
			return replaceFile(path, []byte(text+"\n"), true)
		}
	}
	return errors.New("master key file changed while it was read: try again")
}
