package seal_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/seal"
)

// masterKey returns a key that differs by seed and looks random enough.
func masterKey(seed byte) []byte {
	key := make([]byte, seal.KeySize)
	for i := range key {
		key[i] = seed ^ byte(i*37)
	}
	return key
}

func newRing(t testing.TB, current byte, older ...byte) *seal.Ring {
	t.Helper()
	var rest [][]byte
	for _, seed := range older {
		rest = append(rest, masterKey(seed))
	}
	ring, err := seal.NewRing(masterKey(current), rest...)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

var place = seal.Place{"customers", "account", "customer"}

func TestNewRing(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		keys [][]byte
		want string
	}{
		{"Short", [][]byte{masterKey(1)[:31]}, "master key 1: has 31 bytes, want 32"},
		{"Long", [][]byte{masterKey(1), append(masterKey(2), 0)}, "master key 2: has 33 bytes, want 32"},
		{"Empty", [][]byte{nil}, "master key 1: has 0 bytes, want 32"},
		{"Zeros", [][]byte{make([]byte, seal.KeySize)}, "master key 1: is one byte repeated, not random"},
		{"Duplicate", [][]byte{masterKey(1), masterKey(2), masterKey(1)}, "master key 3 is a duplicate"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := seal.NewRing(test.keys[0], test.keys[1:]...)
			if err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestSealAndOpen(t *testing.T) {
	t.Parallel()
	ring := newRing(t, 1)
	key, wrapped := ring.NewKey(place)
	for _, data := range [][]byte{nil, []byte("x"), bytes.Repeat([]byte("long "), 20_000)} {
		sealed := key.Seal(data, place)
		if len(data) > 4 && bytes.Contains(sealed, data[:5]) {
			t.Error("the ciphertext contains the plaintext")
		}
		again, err := ring.OpenKey(wrapped, place)
		if err != nil {
			t.Fatal(err)
		}
		got, err := again.Open(sealed, place)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("got %d bytes, %v; want the %d that were sealed", len(got), err, len(data))
		}
	}
	if bytes.Equal(key.Seal(nil, place), key.Seal(nil, place)) {
		t.Error("two seals of the same data are equal: the nonce was used twice")
	}
}

// sample is a key and data that it sealed.
type sample struct {
	ring            *seal.Ring
	key             seal.Key
	wrapped, sealed []byte
}

func newSample(t *testing.T) sample {
	t.Helper()
	ring := newRing(t, 1)
	key, wrapped := ring.NewKey(place)
	return sample{ring, key, wrapped, key.Seal([]byte("data"), place)}
}

func TestOpenRejectsAnyFlippedBit(t *testing.T) {
	t.Parallel()
	s := newSample(t)
	for i := range len(s.sealed) * 8 {
		bad := bytes.Clone(s.sealed)
		bad[i/8] ^= 1 << (i % 8)
		if _, err := s.key.Open(bad, place); !errors.Is(err, seal.ErrCorrupt) {
			t.Fatalf("bit %d: got %v, want ErrCorrupt", i, err)
		}
	}
}

func TestOpenKeyRejectsAnyFlippedBit(t *testing.T) {
	t.Parallel()
	s := newSample(t)
	for i := range len(s.wrapped) * 8 {
		bad := bytes.Clone(s.wrapped)
		bad[i/8] ^= 1 << (i % 8)
		_, err := s.ring.OpenKey(bad, place)
		var unknown *seal.UnknownKeyError
		if !errors.Is(err, seal.ErrCorrupt) && !errors.As(err, &unknown) {
			t.Fatalf("bit %d: got %v, want ErrCorrupt or UnknownKeyError", i, err)
		}
	}
}

func TestOpenRejectsAnyTruncation(t *testing.T) {
	t.Parallel()
	s := newSample(t)
	for n := range len(s.sealed) {
		if _, err := s.key.Open(s.sealed[:n], place); !errors.Is(err, seal.ErrCorrupt) {
			t.Fatalf("%d bytes of data: got %v, want ErrCorrupt", n, err)
		}
	}
	for n := range len(s.wrapped) {
		if _, err := s.ring.OpenKey(s.wrapped[:n], place); !errors.Is(err, seal.ErrCorrupt) {
			t.Fatalf("%d bytes of key: got %v, want ErrCorrupt", n, err)
		}
	}
}

func TestOpenRejectsAnotherKey(t *testing.T) {
	t.Parallel()
	s := newSample(t)
	other, otherWrapped := s.ring.NewKey(place)
	if _, err := other.Open(s.sealed, place); !errors.Is(err, seal.ErrCorrupt) {
		t.Errorf("got %v, want ErrCorrupt", err)
	}
	if bytes.Equal(s.wrapped, otherWrapped) {
		t.Error("two new keys are equal")
	}
}

func TestOpenRejectsAnotherPlace(t *testing.T) {
	t.Parallel()
	s := newSample(t)
	for _, at := range []seal.Place{
		nil,
		{"customers", "account"},
		{"customers", "account", "customer", ""},
		{"customers", "accountc", "ustomer"}, // the same letters, divided elsewhere
		{"customers", "account", "other"},
	} {
		if _, err := s.key.Open(s.sealed, at); !errors.Is(err, seal.ErrCorrupt) {
			t.Errorf("data at %q: got %v, want ErrCorrupt", at, err)
		}
		if _, err := s.ring.OpenKey(s.wrapped, at); !errors.Is(err, seal.ErrCorrupt) {
			t.Errorf("key at %q: got %v, want ErrCorrupt", at, err)
		}
	}
}

func TestOpenKeyWithoutItsMasterKey(t *testing.T) {
	t.Parallel()
	s := newSample(t)
	var unknown *seal.UnknownKeyError
	_, err := newRing(t, 2).OpenKey(s.wrapped, place)
	if !errors.As(err, &unknown) || unknown.ID != s.ring.Current() {
		t.Errorf("got %v, want an UnknownKeyError with %v", err, s.ring.Current())
	}
}

func sealerOf(t *testing.T, ring *seal.Ring, id seal.KeyID) seal.Sealer {
	t.Helper()
	sealer, err := ring.Sealer(id)
	if err != nil {
		t.Fatal(err)
	}
	return sealer
}

// A sealer seals under the key that it was asked for, whichever comes first in the ring.
func TestSealer(t *testing.T) {
	t.Parallel()
	ring := newRing(t, 2, 1)
	for _, id := range ring.IDs() {
		sealer := sealerOf(t, ring, id)
		_, wrapped := sealer.NewKey(place)
		if under, err := seal.WrappedUnder(wrapped); under != id || sealer.ID() != id || err != nil {
			t.Errorf("sealed under %v, %v; want %v", under, err, id)
		}
	}
	var unknown *seal.UnknownKeyError
	if _, err := ring.Sealer(newRing(t, 3).Current()); !errors.As(err, &unknown) {
		t.Errorf("got %v, want an UnknownKeyError", err)
	}
}

func TestRewrap(t *testing.T) {
	t.Parallel()
	old := newRing(t, 1)
	key, wrapped := old.NewKey(place)
	sealed := key.Seal([]byte("data"), place)

	rotated := newRing(t, 2, 1)
	if rotated.Current() == old.Current() || !slices.Contains(rotated.IDs(), old.Current()) {
		t.Fatalf("ids %v, want a new one in front of %v", rotated.IDs(), old.Current())
	}
	sealer := sealerOf(t, rotated, rotated.Current())
	rewrapped, err := sealer.Rewrap(wrapped, place)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := sealer.Rewrap(rewrapped, place); again != nil || err != nil {
		t.Errorf("rewrapping twice returned %d bytes, %v; want nil, nil", len(again), err)
	}
	again, err := newRing(t, 2).OpenKey(rewrapped, place) // the old master key is gone
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.Open(sealed, place); string(got) != "data" || err != nil {
		t.Errorf("got %q, %v; want data, nil", got, err)
	}
	if _, err := sealer.Rewrap(wrapped, seal.Place{"elsewhere"}); !errors.Is(err, seal.ErrCorrupt) {
		t.Errorf("rewrapping at another place returned %v, want ErrCorrupt", err)
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	ring := newRing(t, 1)
	lookup := func(ring *seal.Ring, value string, at seal.Place) []byte {
		return sealerOf(t, ring, ring.Current()).Lookup(value, at)
	}
	mac := lookup(ring, "merchant-7", place)
	if !bytes.Equal(mac, lookup(ring, "merchant-7", slices.Clone(place))) {
		t.Error("the same value has two HMACs")
	}
	for _, other := range [][]byte{
		lookup(ring, "merchant-8", place),
		lookup(ring, "merchant-7", seal.Place{"customers", "other"}),
		lookup(newRing(t, 2), "merchant-7", place),
	} {
		if bytes.Equal(mac, other) {
			t.Error("another value, place or key has the same HMAC")
		}
	}
	rotated := newRing(t, 2, 1)
	if macs := rotated.Lookups("merchant-7", place); len(macs) != 2 ||
		!bytes.Equal(macs[0], lookup(rotated, "merchant-7", place)) || !bytes.Equal(macs[1], mac) {
		t.Error("Lookups does not return the current and the older HMAC, in that order")
	}
}

// Values of newRing(t, 1) from an earlier release. Databases contain such values, so the
// formats and derivations must never change.
const (
	wantID     = "4dacf6ef3ce670a9"
	wantLookup = "18b25df8b093e9fe06b8f1f4c94f5095b03e43210808934686343a046e8ef9b2"
	oldWrapped = "014dacf6ef3ce670a9c2627670dc900646dd5df201fddf308748fb3c3aa68e2f14490de0cac8d8a0999edc2a6ede3a50d9049e3f34e59b811a6d5b84ff20a3f9b095894f96"
	oldSealed  = "f4d9ad700883afe4f68aa5c365a3c14978aa82350c7c42e0f1f8e060eced9b4b"
)

func TestFormatIsStable(t *testing.T) {
	t.Parallel()
	ring := newRing(t, 1)
	if got := ring.Current().String(); got != wantID {
		t.Errorf("id %s, want %s", got, wantID)
	}
	if got := hex.EncodeToString(sealerOf(t, ring, ring.Current()).Lookup("merchant-7", place)); got != wantLookup {
		t.Errorf("lookup %s, want %s", got, wantLookup)
	}
	key, err := ring.OpenKey(unhex(t, oldWrapped), place)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := key.Open(unhex(t, oldSealed), place); string(got) != "data" || err != nil {
		t.Errorf("got %q, %v; want data, nil", got, err)
	}
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	data, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestKeysNeverPrint(t *testing.T) {
	t.Parallel()
	ring := newRing(t, 1)
	key, _ := ring.NewKey(place)
	type holder struct {
		Ring *seal.Ring
		Key  seal.Key
		ring *seal.Ring
		key  seal.Key
	}
	held := holder{ring, key, ring, key}

	var out strings.Builder
	for _, value := range []any{ring, key, &key, held, &held, []seal.Key{key}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb+"\n", value)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("text", "value", value)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "value", value)
		if data, err := json.Marshal(value); err == nil {
			out.Write(data)
		}
	}
	master := masterKey(1)
	for _, secret := range []string{
		string(master[:8]), hex.EncodeToString(master[:8]), strings.ToUpper(hex.EncodeToString(master[:8])),
		base64.StdEncoding.EncodeToString(master)[:12], strings.Trim(fmt.Sprint(master[:8]), "[]"),
		strings.Trim(fmt.Sprintf("%#v", master[:8]), "[]byte{}"),
	} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("the master key was printed as %q", secret)
		}
	}
	if !strings.Contains(out.String(), ring.Current().String()) {
		t.Error("the ring does not print the id of its key")
	}
	if got, want := fmt.Sprintf("%#v", key), "seal.Key(redacted)"; got != want {
		t.Errorf("a key prints as %s, want %s", got, want)
	}
}

// Opening any bytes returns the data that was sealed, or an error.
func FuzzOpen(f *testing.F) {
	// Fixed values, because each process of the fuzzer runs this again.
	ring, wrapped, sealed := newRing(f, 1, 2), unhex(f, oldWrapped), unhex(f, oldSealed)
	key, err := ring.OpenKey(wrapped, place)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wrapped, sealed)
	f.Add([]byte{}, []byte{})
	f.Add(wrapped[:9], sealed[:12])
	f.Add(append([]byte{2}, wrapped[1:]...), append(bytes.Clone(sealed), 0))
	f.Fuzz(func(t *testing.T, fuzzedKey, fuzzedData []byte) {
		if data, err := key.Open(fuzzedData, place); err == nil && !bytes.Equal(fuzzedData, sealed) {
			t.Errorf("opened a forgery as %q", data)
		}
		opened, err := ring.OpenKey(fuzzedKey, place)
		if err != nil {
			return
		}
		if !bytes.Equal(fuzzedKey, wrapped) {
			t.Fatal("unwrapped a forgery")
		}
		if data, err := opened.Open(sealed, place); err != nil || string(data) != "data" {
			t.Errorf("got %q, %v; want data, nil", data, err)
		}
	})
}
