package conformance

import (
	"strings"
	"testing"
)

func TestUnknownIDs(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 100 {
		id := unknownID()
		if !uuidForm.MatchString(id) || id[14] != '4' || !strings.ContainsRune("89ab", rune(id[19])) || seen[id] {
			t.Errorf("%s is no new UUID of version 4", id)
		}
		seen[id] = true
	}
}
