package seal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// Rotate puts a new random master key in front of those in a key file, atomically,
// and returns the ring that it now holds. The old keys stay, so that everything
// still opens. Two at once may lose the key of one: the caller holds a lock.
//
// A whole rotation is: Rotate; give every server the file, and see that each has
// taken it up ([Ring.Reload]), so that none goes on wrapping under the old key;
// rewrap everything (Store.Rewrap); [DropOlder].
func Rotate(path string) (*Ring, error) {
	if _, err := loadFile(path); err != nil { // never build on a file that is not right
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

// Reload takes up what the ring's file holds now, and reports whether that is
// something new. A ring that came from no file stays as it is, and so does one
// whose file fails to load, or no longer holds the ring's current key: whatever put
// it there, an old copy say, what was sealed under that key needs it.
//
// A key that the ring does not know makes it look into the file by itself. That
// does not tell it of a rotation whose key it has not met yet: servers call Reload
// now and then.
func (r *Ring) Reload() (changed bool, err error) { return r.reload(r.Current()) }

// reload takes up the file if it holds a key.
func (r *Ring) reload(wanted KeyID) (changed bool, err error) {
	if r.path == "" {
		return false, nil
	}
	r.reloading.Lock() // or an older reading might be stored over a newer one
	defer r.reloading.Unlock()
	fresh, err := loadFile(r.path)
	switch {
	case err != nil:
		return false, err
	case find(fresh.masters(), wanted) == nil:
		return false, fmt.Errorf("master key file %s does not hold key %s, which is in use: restore it", r.path, wanted)
	case slices.Equal(fresh.IDs(), r.IDs()):
		return false, nil
	}
	r.keys.Store(fresh.keys.Load())
	return true, nil
}

// DropOlder removes every master key but the current one from a key file. What is
// still wrapped under an older one can never be read again: call it only when a
// rewrap has found nothing left to change. want is the id of the key that was
// current for that rewrap; if the file has another one by now, nothing is dropped.
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
	ring, err := parseFile(data) // of what is cut, not of what was read before
	if err != nil {
		return err
	}
	if ring.Current() != want {
		return errors.New("the master key was rotated again meanwhile: rewrap first")
	}
	for line := range bytes.Lines(data) {
		if text := strings.TrimSpace(string(line)); text != "" && !strings.HasPrefix(text, "#") {
			return replaceFile(path, []byte(text+"\n"), true)
		}
	}
	return errors.New("master key file changed while it was read: try again")
}
