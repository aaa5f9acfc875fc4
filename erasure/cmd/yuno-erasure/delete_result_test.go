package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// What is said in the end tells what to do next, and never to resume where there
// is no journal to resume.
func TestConclusion(t *testing.T) {
	t.Parallel()
	sameOutcome := func(r bulk.Result) error { return &bulk.SameOutcomeError{Result: r} }
	for _, c := range []struct {
		name    string
		summary bulk.Summary
		err     error
		code    int
		want    string
		resume  bool
	}{
		{"AllAccepted", bulk.Summary{Accepted: 3, Duplicates: 1}, nil, exitOK, "", false},
		{"NotFound", bulk.Summary{NotFound: 2, MaybeDeleted: 1}, nil, exitNotFound, "2 not found, 1 maybe deleted", false},
		{"Unsettled", bulk.Summary{MaybeDeleted: 3, Unsettled: 2}, nil, exitFailed, "0 failed, 0 invalid, 2 maybe deleted and nobody knows yet", true},
		{"UnsettledAndInvalid", bulk.Summary{Invalid: 1, MaybeDeleted: 1, Unsettled: 1}, nil, exitFailed, "1 invalid, 1 maybe deleted and nobody knows yet", true},
		{"Failed", bulk.Summary{Failed: 2}, nil, exitFailed, "2 failed, 0 invalid", true},
		{"Invalid", bulk.Summary{Accepted: 1, Invalid: 2}, nil, exitFailed, "2 invalid: mend them, and erase them with a file of their own", false},
		{"Interrupted", bulk.Summary{NotSent: 5, Unsettled: 1}, context.Canceled, exitInterrupted, "5 not sent, 1 may have been erased", true},
		{"TooManyFailures", bulk.Summary{Failed: 6}, fmt.Errorf("%w: 6", bulk.ErrTooManyFailures), exitFailed, "too many failures: 6: stopped", true},
		{"WrongKeys", bulk.Summary{Failed: 20}, sameOutcome(bulk.Result{Outcome: bulk.Failed, Status: 401, Code: "INVALID_CREDENTIALS"}), exitFailed,
			"With other keys the same with --resume goes on; another account or environment needs another --journal", true},
		{"WrongAccount", bulk.Summary{NotFound: 20}, sameOutcome(bulk.Result{Outcome: bulk.NotFound, Status: 400, Code: "CUSTOMER_NOT_FOUND"}), exitFailed,
			"Another account or environment needs another --journal; if all is right, the same with --resume --keep-going goes on", true},
		{"NobodyThere", bulk.Summary{Failed: 20}, sameOutcome(bulk.Result{Outcome: bulk.Failed, Code: "no_answer"}), exitFailed,
			"Is http://yuno/v1 right, and up? If it is, the same with --resume goes on later", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, again := range []bool{true, false} {
				err := conclusion{&batchInput{again: again}, &destination{baseURL: "http://yuno/v1"}, c.summary, false}.of(c.err)
				code, text := exitOK, ""
				var exit *exitError
				if errors.As(err, &exit) {
					code, text = exit.code, exit.msg
				}
				if code != c.code || again && !strings.Contains(text, c.want) || strings.Contains(text, "--resume") != (again && c.resume) {
					t.Errorf("again %t: exit %d, %s", again, code, text)
				}
			}
		})
	}
	t.Run("AnythingElse", func(t *testing.T) {
		t.Parallel()
		broken := errors.New("writing the journal: disk full")
		if err := (conclusion{&batchInput{}, &destination{}, bulk.Summary{Failed: 1}, false}).of(broken); err != broken {
			t.Errorf("got %v", err)
		}
	})
}

// A file is named once: what is read is not written.
func TestDeleteKeepsItsFilesApart(t *testing.T) {
	sb := yuno(t, 2)
	file := write(t, "ids.txt", "c0\nc1\n")
	journal := filepath.Join(filepath.Dir(file), "j")
	link := filepath.Join(filepath.Dir(file), "link.txt")
	if err := os.Symlink(file, link); err != nil {
		t.Skip(err)
	}
	expect(t, exitUsage, "", "--report is the input itself", "--file", file, "--report", file)
	expect(t, exitUsage, "", "--report is the input itself", "--file", file, "--report", link)
	expect(t, exitUsage, "", "--journal is the input itself", "--file", file, "--journal", file)
	expect(t, exitUsage, "", "--report is the journal", "--file", file, "--report", file+".journal")
	expect(t, exitUsage, "", "--report is the journal", "--file", file, "--report", journal, "--journal", journal)
	expect(t, exitUsage, "", "--report is the journal", "--file", file, "--report", filepath.Dir(file)+"/./j", "--journal", journal)
	// A socket, and not a device of the machine: root would lose that if this broke.
	socket := filepath.Join(filepath.Dir(file), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, exitUsage, "", "is not a regular file", "--file", file, "--report", socket)
	_ = listener.Close()
	if content, err := os.ReadFile(file); err != nil || string(content) != "c0\nc1\n" || left(sb) != 2 {
		t.Errorf("the input is %q, %v; %d left", content, err, left(sb))
	}
	if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 2 {
		t.Errorf("left %v, %v", entries, err)
	}
}

// An id that nobody knows about is said to be one, and asked for again.
func TestDeleteUnsettled(t *testing.T) {
	sb := yuno(t, 2)
	sb.FailCustomer("c0", sandbox.Fault{Kind: sandbox.GatewayTimeout})
	file := write(t, "ids.txt", "c0\nc1\n")
	expect(t, exitFailed, "1 accepted, 0 not found, 1 maybe deleted (1 of which nobody knows yet)", "1 maybe deleted and nobody knows yet; the same with --resume tries again", "--file", file)
	sb.FailCustomer("c0", sandbox.Fault{})
	expect(t, exitOK, "2 accepted", "", "--file", file, "--resume")
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "-1": 0, "soon": 0, "99999999999": 0,
		time.Now().Add(time.Hour).UTC().Format(http.TimeFormat):  time.Hour,
		time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat): 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {value}}); got < want-5*time.Second || got > want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

// Bad input is named by its line, and nothing of it is repeated: it may hold more
// than ids.
func TestDeleteBadInput(t *testing.T) {
	yuno(t, 1)
	for _, c := range []struct {
		name, text string
		code       int
		want       string
		args       []string
	}{
		{"Slash", "c0\n\n# x\na/b\n", exitFailed, ":4: invalid argument", nil},
		{"ControlCharacter", "c0\nada\x01lovelace\n", exitFailed, ":2: invalid argument", nil},
		{"TooLong", "c0\n" + strings.Repeat("x", 300) + "\n", exitFailed, ":2: invalid argument", nil},
		{"LineThatNeverEnds", "c0\n" + strings.Repeat("x", 1<<20+1), exitUsage, ":2: is longer than 1024 KiB", nil},
		{"Empty", "# none\n", exitUsage, "there is no id in it", nil},
		{"AnAddress", "c0\nada@example.com\n", exitFailed, ":2: not an id: holds '@'", nil},
		{"AName", "c0\nada lovelace\n", exitFailed, ":2: not an id: white space", nil},
		{"RecordsForIDs", "{\"id\": \"c0\", \"email\": \"ada@example.com\"}\n", exitUsage, "input:1: looks like a JSON object, not an id\nTry: --field NAME\n", nil},
		{"RowsForIDs", "\n# June\nc0,ada@example.com\n", exitUsage, "input:3: looks like CSV, not an id\nTry: --column NAME\n", nil},
		{"CSVShortRow", "name,id\nAda\n", exitFailed, `:2: has no column "id"`, []string{"--column", "id"}},
		{"CSVEmptyCell", "name,id\nAda,\n", exitFailed, ":2: invalid argument", []string{"--column", "id"}},
		{"CSVBareQuote", "name,id\nA\"da,c0\n", exitFailed, `:2: bare " in non-quoted-field`, []string{"--column", "id"}},
		{"CSVOpenQuote", "name,id\n\"Ada,c0\nEve,c1\n", exitUsage, ":2: a quote is opened", []string{"--column", "id"}},
		{"CSVNoColumn", "name,email\nAda,ada@example.com\n", exitUsage, `:1: has no column "id"`, []string{"--column", "id"}},
		{"CSVNothing", "", exitUsage, "is empty", []string{"--column", "id"}},
		{"JSONLNoObject", "{\"id\": \"c0\"}\nada@example.com\n", exitFailed, ":2: not a JSON object", []string{"--field", "id"}},
		{"JSONLNoField", "{\"email\": \"ada@example.com\"}\n", exitFailed, `:1: has no field "id"`, []string{"--field", "id"}},
		{"JSONLNumber", "{\"id\": 1815}\n", exitFailed, `:1: field "id" is not a string`, []string{"--field", "id"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := write(t, "input", c.text)
			code, _, stderr := runCommand(t.Context(), append([]string{"delete", "--dry-run", "--file", file}, c.args...)...)
			if code != c.code || !strings.Contains(stderr, c.want) {
				t.Errorf("exit %d, %s\nwant %d, %s", code, stderr, c.code, c.want)
			}
			for _, secret := range []string{"ada@", "lovelace", "1815", "xxxxx"} {
				if strings.Contains(stderr, secret) {
					t.Errorf("repeats what is in the file: %s", stderr)
				}
			}
		})
	}
}

// Standard input is copied for as long as the journal needs it.
func TestDeleteStandardInputCopy(t *testing.T) {
	sb := yuno(t, 20)
	dir := t.TempDir()
	journal := filepath.Join(dir, "j")
	run := func(stdin string, args ...string) (int, string) {
		var out, errs strings.Builder
		code := run(t.Context(), append([]string{"delete", "--file", "-", "--journal", journal}, args...), strings.NewReader(stdin), &out, &errs)
		return code, errs.String()
	}
	files := func() string {
		var names []string
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			names = append(names, entry.Name())
		}
		return strings.Join(names, " ")
	}
	many := strings.Join(ids(20), "\n")
	if code, errs := run(many); code != exitUsage || files() != "" {
		t.Errorf("not confirmed: exit %d, left %q, %s", code, files(), errs)
	}
	if code, errs := run(many, "--dry-run"); code != exitOK || files() != "" {
		t.Errorf("dry run: exit %d, left %q, %s", code, files(), errs)
	}
	// A copy that no journal belongs to is of a run that never began.
	if err := os.WriteFile(journal+".input", []byte("c1"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, errs := run(many, "--yes"); code != exitOK || files() != "j j.input" || left(sb) != 0 {
		t.Errorf("exit %d, left %q, %s", code, files(), errs)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	t.Setenv(client.EnvAPIEndpoint, sb.URL())
	if code, _, _ := runCommand(ctx, "delete", "--file", "-", "--journal", journal+"2", "--yes"); code != exitInterrupted || files() != "j j.input" {
		t.Errorf("interrupted: exit %d, left %q", code, files())
	}
}
