package conformance

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/internal/testprogram"
)

// shell runs a script with sh and returns what it printed.
func shell(t *testing.T, script string, environment ...string) string {
	t.Helper()
	sh := testprogram.Find(t, "sh")
	cmd := exec.CommandContext(t.Context(), sh, "-c", script)
	cmd.Env = append([]string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C"}, environment...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("sh: %v", err)
	}
	return string(out)
}

func TestShellWords(t *testing.T) {
	t.Parallel()
	const value = "a'b\"c$(echo no)`echo no`\\d !*?\t~"
	name := shellPart{shellVariable, "NAME"}
	text := func(s string) shellPart { return shellPart{shellText, s} }
	words := map[string]struct {
		word shellWord
		want string
	}{
		"Empty":            {literal(""), ""},
		"Variable":         {shellWord{name}, value},
		"BeforeAName":      {shellWord{name, text("x_1")}, value + "x_1"},
		"BetweenTexts":     {shellWord{text("a b/"), name, text("%20")}, "a b/" + value + "%20"},
		"NextToQuotes":     {shellWord{text(`"$x'!`), name, text("`\\")}, `"$x'!` + value + "`\\"},
		"Expansion":        {shellWord{text("$"), {shellExpansion, "${NAME%?}"}}, "$" + strings.TrimSuffix(value, "~")},
		"CommandExpansion": {shellWord{{shellExpansion, `$(printf %s "$NAME" | tr a-z A-Z)`}}, strings.ToUpper(value)},
		"Options":          {literal("-n"), "-n"},
		"Assignment":       {literal("=ls"), "=ls"},
		"Home":             {literal("~root"), "~root"},
		"Comment":          {literal("#x"), "#x"},
		"Letters":          {literal("é\u202e\xff"), "é\u202e\xff"},
	}
	for c := 1; c < 256; c++ {
		s := string([]byte{byte(c)})
		words["Byte"+s] = struct {
			word shellWord
			want string
		}{literal(s + "a" + s), s + "a" + s}
		words["ByteBesideAVariable"+s] = struct {
			word shellWord
			want string
		}{shellWord{text(s), name, text(s)}, s + value + s}
	}
	var script strings.Builder
	var want []string
	for _, w := range words {
		script.WriteString("printf '%s\\0' " + w.word.String() + "\n")
		want = append(want, w.want)
	}
	got := strings.Split(strings.TrimSuffix(shell(t, script.String(), "NAME="+value), "\x00"), "\x00")
	if !slices.Equal(got, want) {
		for i := range want {
			if i >= len(got) || got[i] != want[i] {
				t.Fatalf("word %d: want %q, got %q", i, want[i], got[min(i, len(got)-1):])
			}
		}
		t.Errorf("got %d words, want %d", len(got), len(want))
	}
}
