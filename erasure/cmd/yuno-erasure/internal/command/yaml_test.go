package command

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func TestYAMLErrorOfTag(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"\na: !sk_live_7 x": "yaml: line 2: has a value that begins with ! and is not in quotation marks",
		"a: [x]":            "yaml: line 1: cannot unmarshal !!seq into map[string]int",
	} {
		var config struct{ A map[string]int }
		if err := yaml.Unmarshal([]byte(text), &config); err == nil || YAMLError(err) != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// No mistake in a file repeats a part of it, and every error is one line. K stands for a
// key that is anywhere in the file.
func FuzzYAMLError(f *testing.F) {
	for _, text := range []string{
		"K: x", "[K]", "a: K", "a: {K: 1, K: 1}", "a: *K", "a: &K [*K]", "a: !!float K", "a: !!binary K", "a: !K x", "a: !<K> x", "<<: {K: 1}", "? [K]\n: 1",
		"%K\n--- 1", "%TAG !K! K\n--- !K!x 1", "a: \"K\n", "a: 'K", "K:\n\tb", "a: |K\n", "a: @K", "a: [K", "a: {K", "n: K", "n: 1e999999K", "--- K\n--- K", "\xffK", "m: {K: K}", "l: K",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var config struct {
			A map[string]struct{ B string } `yaml:"a"`
			N int                           `yaml:"n"`
			M map[string]int                `yaml:"m"`
			L []string                      `yaml:"l"`
		}
		dec := yaml.NewDecoder(strings.NewReader(strings.ReplaceAll(text, "K", "sk_live_7")))
		dec.KnownFields(true)
		err := dec.Decode(&config)
		if err == nil {
			return
		}
		if got := YAMLError(err); strings.Contains(got, "live_7") || strings.ContainsAny(got, "\n\r") {
			t.Errorf("%q: %q", text, got)
		}
	})
}
