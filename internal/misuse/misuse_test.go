package misuse

import (
	"slices"
	"testing"
)

func TestExported(t *testing.T) {
	t.Parallel()
	want := []string{"Config.First", "Config.Second", "New", "RunOptions.Third", "WithOne"}
	if got := Exported(t, "testdata"); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
