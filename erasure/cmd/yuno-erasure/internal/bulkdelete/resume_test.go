package bulkdelete

import (
	"strings"
	"testing"
)

func TestResumeCommand(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"delete --file ids.txt":                "yuno-erasure delete --file ids.txt --resume",
		"delete --file ids.txt --resume --yes": "yuno-erasure delete --file ids.txt --resume --yes",
		"delete --file it's.txt":               `yuno-erasure delete --file 'it'\''s.txt' --resume`,
		"delete --journal j -- --resume":       "yuno-erasure delete --journal j --resume -- --resume",
		"delete --resume --journal j -- c1":    "yuno-erasure delete --resume --journal j -- c1",
	} {
		if got := (&Command{args: strings.Fields(args)}).resumeCommand(); got != want {
			t.Errorf("%s: %s, want %s", args, got, want)
		}
	}
}
