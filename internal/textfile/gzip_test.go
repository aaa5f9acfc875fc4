package textfile

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func packed(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGunzip(t *testing.T) {
	t.Parallel()
	whole := packed(t, strings.Repeat("c1\n", 1000))
	if !IsGzip([]byte(whole)) || IsGzip([]byte("\x1f")) || IsGzip([]byte("c1")) {
		t.Error("IsGzip is wrong")
	}
	for _, c := range []struct{ name, file, want string }{
		{"CutOff", whole[:len(whole)-9], "ends early"},
		{"CutOffInTheHeader", whole[:5], "ends early"},
		{"WrongSum", whole[:len(whole)-8] + "damaged!", "is damaged"},
		{"NoDeflate", whole[:10] + strings.Repeat("\xff", 20), "is damaged"},
		{"NoHeader", "\x1f\x8bxxxxxxxx", "is damaged"},
		{"Bomb", strings.Repeat(packed(t, strings.Repeat("\x00", 1<<20)), alwaysExpanded>>20+1), "expands more than 500 times"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var damaged *GzipError
			if _, err := gunzip(strings.NewReader(c.file)); !errors.As(err, &damaged) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	t.Run("TwoMembers", func(t *testing.T) {
		t.Parallel()
		if got, err := gunzip(strings.NewReader(packed(t, "c1\n") + packed(t, "c2\n"))); err != nil || got != "c1\nc2\n" {
			t.Errorf("got %q, %v", got, err)
		}
	})
	t.Run("ReadError", func(t *testing.T) {
		t.Parallel()
		broken := errors.New("broken")
		if _, err := gunzip(io.MultiReader(strings.NewReader(whole[:20]), iotest.ErrReader(broken))); !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
	})
}

func gunzip(in io.Reader) (string, error) {
	unpacked, err := Gunzip(in)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(unpacked)
	if err == nil && unpacked.Compressed() == 0 {
		err = errors.New("counts no compressed bytes")
	}
	return string(text), err
}

func TestUTF16(t *testing.T) {
	t.Parallel()
	for start, want := range map[string][2]bool{
		"\xff\xfec\x00": {false, true}, "\xfe\xff\x00c": {true, true}, "c\x001\x00": {false, true}, "\x00c\x001": {true, true},
		"c1": {}, "": {}, "\xff\xfe\x00\x00": {}, "PK\x03\x04": {},
	} {
		if bigEndian, ok := UTF16([]byte(start)); [2]bool{bigEndian, ok} != want {
			t.Errorf("%q: got %v, %v", start, bigEndian, ok)
		}
	}
}

// Any file at all is recognized or not, and what is unpacked is what the standard library
// unpacks; damaged data is a [*GzipError].
func FuzzFile(f *testing.F) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte("c1\nc2\n")); err != nil || w.Close() != nil {
		f.Fatal(err)
	}
	for _, start := range magic {
		f.Add([]byte(start.start + "c1\n"))
	}
	f.Add(b.Bytes())
	f.Add(append(b.Bytes(), b.Bytes()...))
	f.Add([]byte("c\x001\x00\n\x00"))
	f.Add([]byte("PK\x03\x04\x14\x00\x00\x00\x00\x00" + strings.Repeat("\x00", 16) + "\x13\x00\x00\x00[Content_Types].xml"))
	f.Fuzz(func(t *testing.T, file []byte) {
		start := file[:min(len(file), Start)]
		if format, found := Detect(start); found != (format.Name != "") || found != (format.Hint != "") {
			t.Errorf("found %t: %q, %q", found, format.Name, format.Hint)
		}
		UTF16(start)
		got, err := gunzip(bytes.NewReader(file))
		var want []byte
		r, wantErr := gzip.NewReader(bytes.NewReader(file))
		if wantErr == nil {
			want, wantErr = io.ReadAll(r)
		}
		if got != string(want) || (err == nil) != (wantErr == nil) {
			t.Errorf("got %d bytes, %v; want %d, %v", len(got), err, len(want), wantErr)
		}
		var damaged *GzipError
		if err != nil && len(file) > 0 && !errors.As(err, &damaged) {
			t.Errorf("not an error of the data: %v", err)
		}
	})
}
