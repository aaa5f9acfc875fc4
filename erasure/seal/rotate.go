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
// A complete rotation has four steps: Rotate; rewrap everything, which also makes the
// new key the one to seal under (sqlstore.Store.Rewrap); distribute the file to every
// server; and, once each has loaded it, [Drop] (sqlstore.Store.DropKeys).
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
// newest key, the one that the database is sealed under: an old copy of the file, for
// example, must not replace the keys of a running server. A ring that was not loaded
// from a file does not change.
//
// The ring also reloads by itself when it meets an unknown key. It does not notice a
// rotation before that, so servers should call Reload every few seconds.
func (r *Ring) Reload(newest KeyID) (changed bool, err error) { return r.reload(newest) }

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
		return false, fmt.Errorf("master key file %s does not contain key %s, which the database is sealed under: copy the newest key file there", r.path, wanted)
	case slices.Equal(fresh.IDs(), r.IDs()):
		return false, nil
	}
	r.keys.Store(fresh.keys.Load())
	return true, nil
}

// Drop removes master keys from a key file, atomically. Data whose key is still wrapped
// under one of them becomes unreadable for good, in the database and in each copy of it,
// so call it only after a rewrap. It never removes the current key, which has to be
// current: if the file was rotated since, Drop returns an error and removes nothing.
// Keys that the file does not contain are skipped. A concurrent call of Drop or [Rotate]
// may lose a key, so the caller must hold a lock.
func Drop(path string, current KeyID, drop []KeyID) error {
	if _, err := loadFile(path); err != nil { // its mode and form
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
	if ring.Current() != current {
		return errors.New("the master key has been rotated again: rewrap first")
	}
	var kept []byte
	ids := ring.IDs()
	for line := range bytes.Lines(data) {
		if text := strings.TrimSpace(string(line)); text == "" || strings.HasPrefix(text, "#") {
			kept = append(kept, line...)
			continue
		}
		if id := ids[0]; id == current || !slices.Contains(drop, id) {
			kept = append(bytes.TrimRight(append(kept, line...), "\r\n"), '\n')
		}
		ids = ids[1:]
	}
	return replaceFile(path, kept, true)
}
