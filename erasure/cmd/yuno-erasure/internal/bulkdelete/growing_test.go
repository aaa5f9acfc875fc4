package bulkdelete_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// acceptAll starts a service that accepts every erasure, and calls first before it
// responds to any.
func acceptAll(t *testing.T, first func()) {
	t.Helper()
	var once sync.Once
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		once.Do(first)
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(server.Close)
	t.Setenv(client.EnvAPIEndpoint, server.URL+"/v1")
}

// paddedList is a list of several blocks, with a comment after each id.
func paddedList(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "c%d\n# %s\n", i, strings.Repeat("x", 2000))
	}
	return b.String()
}

// A list may change while it is sent. What was checked is sent, as long as it is there,
// and the command says how to go on with the rest.
func TestListThatChangesDuringTheRun(t *testing.T) {
	newYuno(t, 0)
	list := paddedList(0, 300)
	for _, c := range []struct {
		name     string
		change   func(file string) error
		status   int
		stderr   string
		accepted string // by the command that goes on
	}{
		{"Appended", func(file string) error { return os.WriteFile(file, []byte(list+"new1\nnew2\n"), 0o600) },
			command.ExitOK, "2 lines were added to FILE after it was checked, and not sent. ", "302 accepted"},
		{"Rewritten", func(file string) error { return os.WriteFile(file, []byte(strings.ReplaceAll(list, "c", "d")), 0o600) },
			exitFailed, "FILE was rewritten after it was checked. Stopped: ", "300 accepted"},
		{"Shortened", func(file string) error { return os.Truncate(file, 5) },
			exitFailed, "FILE was shortened after it was checked. Stopped: ", "1 accepted"},
		{"Replaced", func(file string) error {
			return os.Rename(clitest.WriteFile(t, "other.txt", "new1\n"), file)
		}, command.ExitOK, "FILE was replaced by another file after it was checked, which was not read. ", "1 accepted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := clitest.WriteFile(t, "ids.txt", list)
			acceptAll(t, func() {
				if err := c.change(file); err != nil {
					t.Error(err)
				}
			})
			code, stdout, stderr := clitest.Run(t.Context(), "delete", "--file", file, "--yes", "--quiet")
			stderr = strings.ReplaceAll(stderr, file, "FILE")
			again := "To go on with the list as it is now: yuno-erasure delete --file FILE --yes --quiet --resume\n"
			if code != c.status || !strings.Contains(stderr, c.stderr) || !strings.HasSuffix(stderr, again) {
				t.Errorf("exit status %d\n%s%s", code, stdout, stderr)
			}
			if c.status == command.ExitOK && !strings.Contains(stdout, "300 accepted") {
				t.Errorf("printed %s", stdout)
			}
			if c.status != command.ExitOK && !regexp.MustCompile(`Stopped: [1-9][0-9]* not sent`).MatchString(stderr) {
				t.Errorf("printed %s", stderr)
			}
			expect(t, command.ExitOK, c.accepted, "The list has changed since the run started: ", "--file", file, "--yes", "--quiet", "--resume")
		})
	}
}
