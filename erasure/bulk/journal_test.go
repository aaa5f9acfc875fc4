package bulk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/internal/journalfile"
)

// prepareError returns the error of preparing a job, and closes one that should not be.
func prepareError(ctx context.Context, t *testing.T, text string, o Options) error {
	t.Helper()
	job, err := Prepare(ctx, scanText(t, text), o)
	if err == nil {
		closeJob(t, job)
	}
	return err
}

func TestJournalRejects(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 3)
	if _, err := r.run(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Options){
		"already exists, apparently from an earlier run": func(o *Options) { o.Resume = false },
		"belongs to another account (a1, not a2)":        func(o *Options) { o.AccountCode = "a2" },
		"belongs to another environment":                 func(o *Options) { o.BaseURL = "https://example.org/v1" },
		"does not exist: there is no run to resume":      func(o *Options) { o.Journal += "x" },
	} {
		o := optionsFor(r.path, true)
		change(&o)
		var rejected *JournalError
		if err := prepareError(t.Context(), t, r.text, o); !errors.As(err, &rejected) || !strings.Contains(err.Error(), want) || rejected.Path != o.Journal || rejected.Hint == "" {
			t.Errorf("%s: %v", want, err)
		}
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := prepareError(canceled, t, r.text, optionsFor(r.path, true)); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	job := r.prepare(true)
	if err := prepareError(t.Context(), t, r.text, optionsFor(r.path, true)); err == nil || !strings.Contains(err.Error(), "is in use by another run") {
		t.Errorf("two at once: %v", err)
	}
	closeJob(t, job)
}

func TestJournalThatIsDamaged(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 3)
	if _, err := r.run(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(r.path)
	if err != nil {
		t.Fatal(err)
	}
	for want, text := range map[string]string{
		"is not a journal of this program":                                     "hello\n",
		"another version of this program (its format is 1, not 3)":             `{"version":1}` + "\n",
		fmt.Sprintf("is damaged at byte %d", bytes.IndexByte(content, '\n')+1): strings.Replace(string(content), `"event"`, `"event`, 1),
	} {
		if err := os.WriteFile(r.path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := prepareError(t.Context(), t, r.text, optionsFor(r.path, true)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if info, err := os.Stat(r.path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the journal, which contains ids, has mode %v", info.Mode())
	}
}

// Before an id is sent, the journal on disk says so.
func TestSendingIsOnDiskFirst(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 200)
	r.server.respond = func(id string, _ int) Result {
		content, err := os.ReadFile(r.path)
		if err != nil || !bytes.Contains(content, []byte(`"event":"sending","n":`+strings.TrimPrefix(id, "c")+`,`)) {
			t.Errorf("%s is sent, and the journal does not say so (%v)", id, err)
		}
		return Result{Outcome: Accepted, Status: 202}
	}
	if _, err := r.run(t.Context(), false); err != nil {
		t.Fatal(err)
	}
}

func TestJournalThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full")
	}
	r := newRunner(t, 100)
	job, err := Prepare(t.Context(), scanText(t, r.text), optionsFor(r.path, false))
	if err != nil {
		t.Fatal(err)
	}
	good := job.journal.file
	if job.journal.file, err = os.OpenFile("/dev/full", os.O_RDWR, 0); err != nil {
		t.Fatal(err)
	}
	job.journal.runs = []int64{0} // it is not the header that fails, and /dev/full must not be removed
	err = job.Run(t.Context(), r.server.erase, r.options)
	if err == nil || !strings.Contains(err.Error(), "writing the journal") || len(r.server.erased) != 0 {
		t.Errorf("%v, sent %d: want nothing sent that is not recorded", err, len(r.server.erased))
	}
	if err := errors.Join(job.Close(), good.Close()); err != nil {
		t.Errorf("Run has said it already: %v", err)
	}
}

// A run that ended while it wrote the header has sent nothing, so the next one starts.
// No other file is overwritten.
func TestJournalCutOffInItsHeader(t *testing.T) {
	t.Parallel()
	full := `{"version":3,"input_sha256":"ab","records":3,"account`
	for _, resume := range []bool{false, true} {
		for _, cut := range []string{"", full[:1], full[:15], full, "\x00\x00", full[:15] + "\x00\x00"} {
			r := newRunner(t, 3)
			if err := os.WriteFile(r.path, []byte(cut), 0o644); err != nil {
				t.Fatal(err)
			}
			if summary, err := r.run(t.Context(), resume); err != nil || summary.Accepted != 3 {
				t.Errorf("%q, resume %t: %+v, %v", cut, resume, summary, err)
			}
			if summary, err := r.run(t.Context(), true); err != nil || summary.Accepted != 3 {
				t.Errorf("%q, resume %t, again: %+v, %v", cut, resume, summary, err)
			}
			if info, err := os.Stat(r.path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("others can read it: %v, %v", info.Mode(), err)
			}
		}
	}
	for _, other := range []string{"c1", "\x00c1", full + "\n", "\x00\n", journalfile.HeaderStart + strings.Repeat("1", journalfile.MaxHeader)} {
		r := newRunner(t, 3)
		if err := os.WriteFile(r.path, []byte(other), 0o600); err != nil {
			t.Fatal(err)
		}
		err1 := prepareError(t.Context(), t, r.text, optionsFor(r.path, false))
		err2 := prepareError(t.Context(), t, r.text, optionsFor(r.path, true))
		if content, err := os.ReadFile(r.path); err1 == nil || err2 == nil || err != nil || string(content) != other {
			t.Errorf("%.20q was taken for a journal: %v, %v", other, err1, err2)
		}
	}
}

// A job that was never run leaves no journal behind. A process that had opened the
// journal before does not mistake a new file of that name for it.
func TestJournalOfNoRun(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 3)
	job := r.prepare(false)
	late, err := os.Open(r.path) // by a run that is about to lock it
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	closeJob(t, job)
	if _, err := os.Stat(r.path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("left there: %v", err)
	}
	if err := os.WriteFile(r.path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if lock := journalfile.Lock(r.path, late); lock != nil {
		_ = lock.Unlock()
		t.Error("another file is mistaken for the one that was opened")
	}
}

// The last run that has a result of an id decides, however many runs there were.
func TestManyResumes(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 3)
	run := 0
	r.server.respond = func(id string, _ int) Result {
		if id == "c1" {
			return Result{Outcome: Accepted, Status: 202}
		}
		return Result{Outcome: Failed, Status: 500, Code: fmt.Sprint("RUN_", run)}
	}
	for ; run < 40; run++ {
		if summary, err := r.run(t.Context(), run > 0); err != nil || summary != (Summary{Accepted: 1, Failed: 2}) {
			t.Fatalf("run %d: %+v, %v", run, summary, err)
		}
	}
	job := r.prepare(true)
	got := map[string]string{}
	if err := job.Results(func(r Result) error { got[r.ID] += r.Code + string(r.Outcome); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got["c0"] != "RUN_39failed" || got["c1"] != "accepted" || got["c2"] != "RUN_39failed" {
		t.Errorf("the report says %v", got)
	}
}

// What was under way when a run was killed may have been erased. Until a later run has
// sent it again, summary and report say so, and not that it was not sent.
func TestKilledAndNotSentAgain(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 3)
	r.server.respond = func(string, int) Result { return Result{Outcome: Failed, Status: 401, Code: "INVALID_CREDENTIALS"} }
	if _, err := r.run(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	before := scanText(t, r.text).SHA256
	r.text += "c3\nc4\n"
	content, err := os.ReadFile(r.path)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(content), before, scanText(t, r.text).SHA256, 1)
	text = strings.Replace(text, `"records":3`, `"records":5`, 1)
	for _, again := range []entry{{Event: eventSending, Result: Result{N: 1, ID: "c1"}}, {Event: eventSending, Result: Result{N: 3, ID: "c3"}}} {
		text += string(again.appendTo(nil))
	}
	if err := os.WriteFile(r.path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r.options.Wait = func(ctx context.Context) error { // interrupted when all of them are handed over
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}
	summary, err := r.run(ctx, true)
	if want := (Summary{Failed: 2, MaybeDeleted: 2, Unsettled: 2, NotSent: 1}); !errors.Is(err, context.Canceled) || summary != want {
		t.Errorf("%+v, %v, want %+v", summary, err, want)
	}
	r.server.respond, r.options.Wait = nil, nil
	r.server.erased = map[string]int{"c1": 1} // the call that was under way did erase it
	if summary, err := r.run(t.Context(), true); err != nil || summary != (Summary{Accepted: 4, MaybeDeleted: 1}) {
		t.Errorf("resumed: %+v, %v", summary, err)
	}
}

// A dry run of a resume says what remains, fails where the run would, and changes
// nothing: neither the journal nor the list.
func TestDryRun(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 3)
	r.text += "a/b\nc0\n"
	r.server.respond = func(id string, _ int) Result {
		if id == "c1" {
			return Result{Outcome: Failed, Status: 500}
		}
		return Result{Outcome: Accepted, Status: 202}
	}
	if n, err := DryRun(t.Context(), scanText(t, r.text), optionsFor(r.path, false)); err != nil || n != (Plan{Remaining: 3}) {
		t.Errorf("of a new run: %+v, %v", n, err)
	}
	if _, err := DryRun(t.Context(), scanText(t, r.text), optionsFor(r.path, true)); err == nil || !strings.Contains(err.Error(), "no run to resume") {
		t.Errorf("of no run: %v", err)
	}
	if _, err := r.run(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(r.path)
	if err != nil {
		t.Fatal(err)
	}
	content = append(content, `{"event":"outc`...) // cut off, or being written
	if err := os.WriteFile(r.path, content, 0o400); err != nil {
		t.Fatal(err)
	}
	list := scanText(t, r.text)
	for range 2 {
		if n, err := DryRun(t.Context(), list, optionsFor(r.path, true)); err != nil || n != (Plan{Remaining: 1}) {
			t.Errorf("of a resume: %+v, %v", n, err)
		}
	}
	if got := list.states.count(0, list.Records); got != scanText(t, r.text).states.count(0, list.Records) {
		t.Errorf("the list was changed: %v", got)
	}
	wrong := optionsFor(r.path, true)
	wrong.AccountCode = "a2"
	var rejected *JournalError
	if _, err := DryRun(t.Context(), list, wrong); !errors.As(err, &rejected) || !strings.Contains(rejected.Reason, "another account") {
		t.Errorf("of another account: %v", err)
	}
	if now, err := os.ReadFile(r.path); err != nil || !bytes.Equal(now, content) {
		t.Errorf("the journal was changed: %v", err)
	}
}
