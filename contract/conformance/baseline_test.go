package conformance

import (
	"strings"
	"testing"
)

func TestParseBaseline(t *testing.T) {
	t.Parallel()

	t.Run("Right", func(t *testing.T) {
		t.Parallel()
		b, err := ParseBaseline(strings.NewReader("# ours\n\n  accepted\tno database yet  \r\nnot-found  returns 404 # until version 2\n"))
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"accepted": "no database yet", "not-found": "returns 404 # until version 2"} {
			if got, ok := b.reason(name); !ok || got != want {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
		if _, ok := b.reason("keys-missing"); ok {
			t.Error("a case is listed that is not in the file")
		}
	})

	for _, tt := range []struct{ name, text, want string }{
		{"UnknownCase", "accepted x\nacepted x\n", `line 2: no case is named "acepted"`},
		{"Twice", "accepted x\naccepted y\n", "line 2: accepted is listed twice"},
		{"NoReason", "\naccepted\n", "line 2: accepted has no reason"},
		{"LineTooLong", "accepted " + strings.Repeat("x", 1<<17), "reading baseline"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := ParseBaseline(strings.NewReader(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
		})
	}

	t.Run("ZeroValue", func(t *testing.T) {
		t.Parallel()
		if _, ok := (Baseline{}).reason("accepted"); ok {
			t.Error("the zero Baseline lists a case")
		}
	})
}

func FuzzParseBaseline(f *testing.F) {
	f.Add("accepted no database yet\n# comment\n")
	f.Add("accepted\x00 x")
	f.Add("\xff\xfe\r\n\taccepted x")
	f.Fuzz(func(t *testing.T, text string) {
		b, err := ParseBaseline(strings.NewReader(text))
		if err != nil {
			return
		}
		for name, reason := range b.reasons {
			if !isCase(name) || strings.TrimSpace(reason) == "" {
				t.Errorf("accepted %q with reason %q", name, reason)
			}
		}
	})
}
