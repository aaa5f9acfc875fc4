package seal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
)

// Rotate puts a new random master key in front of those in a key file, atomically,
// and returns the ring that it now holds. The old keys stay, so that everything
// still opens.
//
// A whole rotation is: Rotate; restart every server, so that none goes on
// wrapping under the old key; rewrap everything (Store.Rewrap); [DropOlder].
func Rotate(path string) (*Ring, error) {
	if _, err := loadFile(path); err != nil { // never build on a file that is not right
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

// DropOlder removes every master key but the current one from a key file. What is
// still wrapped under an older one can never be read again: call it only when a
// rewrap has found nothing left to change. want is the id of the key that was
// current for that rewrap; if the file has another one by now, nothing is dropped.
func DropOlder(path string, want KeyID) error {
	ring, err := loadFile(path)
	if err != nil {
		return err
	}
	if ring.Current() != want {
		return errors.New("the master key was rotated again meanwhile: rewrap first")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for line := range bytes.Lines(data) {
		if text := strings.TrimSpace(string(line)); text != "" && !strings.HasPrefix(text, "#") {
			return replaceFile(path, []byte(text+"\n"), true)
		}
	}
	return errors.New("master key file changed while it was read: try again")
}
