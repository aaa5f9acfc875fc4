package wire

import (
	"strings"
	"testing"
)

func TestIsUUID(t *testing.T) {
	t.Parallel()
	const right = "3b1f0f5e-6c1b-4f0e-9f3a-0d6d5a0c7e11"
	for s, want := range map[string]bool{
		right:                                  true,
		strings.ToUpper(right):                 true,
		"00000000-0000-0000-0000-000000000000": true,
		"":                                     false,
		right[:35]:                             false,
		right + "0":                            false,
		strings.ReplaceAll(right, "-", "0"):    false,
		strings.Replace(right, "b", "g", 1):    false,
		"{" + right[1:35] + "}":                false,
		"urn:uuid:" + right:                    false,
		"3b1f0f5e6-c1b-4f0e-9f3a-0d6d5a0c7e11": false,
		"3b1f0f5e-6c1b-4f0e-9f3a-0d6d5a0c7\u00e91": false,
		strings.Replace(right, "-", "\u2010", 1):   false,
	} {
		if got := IsUUID(s); got != want {
			t.Errorf("%q: got %v, want %v", s, got, want)
		}
	}
}

func TestNewUUID(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 100 {
		id := NewUUID()
		if !IsUUID(id) || id[14] != '4' || !strings.ContainsRune("89ab", rune(id[19])) || seen[id] {
			t.Errorf("%s is no new UUID of version 4", id)
		}
		seen[id] = true
	}
}
