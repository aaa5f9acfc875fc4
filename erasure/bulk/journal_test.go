package bulk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestJournalRefuses(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 3)
	if _, err := r.run(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	right := header
	if _, err := CreateJournal(r.path, right, census(t, r.text)); err == nil || !strings.Contains(err.Error(), "seems to be of an earlier run") {
		t.Errorf("creating over it: %v", err)
	}
	for name, change := range map[string]func(*Header){
		"belongs to another account":     func(h *Header) { h.AccountCode = "a2" },
		"begun with another --column":    func(h *Header) { h.Format.Column = "id" },
		"belongs to another environment": func(h *Header) { h.BaseURL = "https://example.org/v1" },
	} {
		wrong := right
		change(&wrong)
		if _, err := ResumeJournal(t.Context(), r.path, wrong, census(t, r.text)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ResumeJournal(t.Context(), r.path, right, census(t, r.text+"c9\n")); err == nil || !strings.Contains(err.Error(), "the list has changed since the journal began") {
		t.Errorf("another input: %v", err)
	}
	if _, err := ResumeJournal(t.Context(), r.path+"x", right, census(t, r.text)); err == nil || !strings.Contains(err.Error(), "no run to resume") {
		t.Errorf("none there: %v", err)
	}

	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := ResumeJournal(ended, r.path, right, census(t, r.text)); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	j, err := ResumeJournal(t.Context(), r.path, right, census(t, r.text))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ResumeJournal(t.Context(), r.path, right, census(t, r.text)); err == nil || !strings.Contains(err.Error(), "another run has it open") {
		t.Errorf("two at once: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}

	content, err := os.ReadFile(r.path)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"not a journal":   "hello\n",
		"another version": `{"version":1}` + "\n",
		"damaged":         strings.Replace(string(content), `"event"`, `"event`, 1),
	} {
		if err := os.WriteFile(r.path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ResumeJournal(t.Context(), r.path, right, census(t, r.text)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if info, err := os.Stat(r.path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the journal, which holds ids, has mode %v", info.Mode())
	}
}

// Before an id is sent, the journal on disk says so.
func TestSendingIsOnDiskFirst(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 200)
	r.server.answer = func(id string, _ int) Result {
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
	c := census(t, r.text)
	j, err := CreateJournal(r.path, header, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.begin(); err != nil {
		t.Fatal(err)
	}
	_ = j.file.Close()
	if j.file, err = os.OpenFile("/dev/full", os.O_RDWR, 0); err != nil {
		t.Fatal(err)
	}
	err = Run(t.Context(), t.Context(), strings.NewReader(r.text), Format{}, j, r.server.erase, Config{})
	if err == nil || !strings.Contains(err.Error(), "writing the journal") || len(r.server.erased) != 0 {
		t.Errorf("%v, sent %d: want nothing sent that is not recorded", err, len(r.server.erased))
	}
	_ = j.Close()
}

// A run that ended while it wrote the header has sent nothing: whoever comes next
// begins. Nothing else is written over.
func TestJournalCutOffInItsHeader(t *testing.T) {
	t.Parallel()
	full := `{"version":2,"input_sha256":"ab","records":3,"account`
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
	for _, other := range []string{"c1", "\x00c1", full + "\n", "\x00\n", headerStart + strings.Repeat("1", maxHeader)} {
		r := newRunner(t, 3)
		if err := os.WriteFile(r.path, []byte(other), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err1 := CreateJournal(r.path, header, census(t, r.text))
		_, err2 := ResumeJournal(t.Context(), r.path, header, census(t, r.text))
		if content, err := os.ReadFile(r.path); err1 == nil || err2 == nil || err != nil || string(content) != other {
			t.Errorf("%.20q was taken for one: %v, %v", other, err1, err2)
		}
	}
}

// A journal that no run was made with leaves nothing behind, and one that was
// removed under the name another process knows is not gone on with.
func TestJournalOfNoRun(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 3)
	j, err := CreateJournal(r.path, header, census(t, r.text))
	if err != nil {
		t.Fatal(err)
	}
	late, err := os.Open(r.path) // by a run that is about to ask for the lock
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(r.path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("left there: %v", err)
	}
	if err := os.WriteFile(r.path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if lock, err := lockFor(r.path, late); err == nil {
		_ = lock.Unlock()
		t.Error("another file is taken for the one that was opened")
	}
}

// The last run that has something to say of an id has the last word, however many
// there were.
func TestManyResumes(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 3)
	run := 0
	r.server.answer = func(id string, _ int) Result {
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
	j, err := ResumeJournal(t.Context(), r.path, header, census(t, r.text))
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	got := map[string]string{}
	if err := j.Results(func(r Result) error { got[r.ID] += r.Code + string(r.Outcome); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got["c0"] != "RUN_39failed" || got["c1"] != "accepted" || got["c2"] != "RUN_39failed" {
		t.Errorf("the report says %v", got)
	}
}

// What was under way when a run was killed may have been erased. Until a run has
// asked again, that is what summary and report say: not that it was not sent.
func TestKilledAndNotAskedAgain(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 3)
	r.server.answer = func(string, int) Result { return Result{Outcome: Failed, Status: 401, Code: "INVALID_CREDENTIALS"} }
	if _, err := r.run(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	c := census(t, r.text+"c3\nc4\n")
	r.text += "c3\nc4\n"
	content, err := os.ReadFile(r.path)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(content), census(t, "c0\nc1\nc2\n").SHA256, c.SHA256, 1)
	for _, again := range []entry{{Event: eventSending, Result: Result{N: 1, ID: "c1"}}, {Event: eventSending, Result: Result{N: 3, ID: "c3"}}} {
		text += string(again.appendTo(nil))
	}
	if err := os.WriteFile(r.path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r.cfg.Wait = func(ctx context.Context) error { // interrupted with all of them handed out
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}
	summary, err := r.run(ctx, true)
	if want := (Summary{Failed: 2, MaybeDeleted: 2, Unsettled: 2, NotSent: 1}); !errors.Is(err, context.Canceled) || summary != want {
		t.Errorf("%+v, %v, want %+v", summary, err, want)
	}
	r.server.answer, r.cfg.Wait = nil, nil
	r.server.erased = map[string]int{"c1": 1} // the one under way did erase it
	if summary, err := r.run(t.Context(), true); err != nil || summary != (Summary{Accepted: 4, MaybeDeleted: 1}) {
		t.Errorf("resumed: %+v, %v", summary, err)
	}
}

// Reading a journal tells what is left, with the refusals of a run that resumes, and
// changes nothing.
func TestReadJournal(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 3)
	r.server.answer = func(id string, _ int) Result {
		if id == "c1" {
			return Result{Outcome: Failed, Status: 500}
		}
		return Result{Outcome: Accepted, Status: 202}
	}
	if err := ReadJournal(t.Context(), r.path, header, census(t, r.text)); err == nil || !strings.Contains(err.Error(), "no run to resume") {
		t.Errorf("none there: %v", err)
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
	c := census(t, r.text)
	if err := ReadJournal(t.Context(), r.path, header, c); err != nil || c.Left() != 1 {
		t.Errorf("%d left, %v", c.Left(), err)
	}
	wrong := header
	wrong.AccountCode = "a2"
	var refused *JournalError
	if err := ReadJournal(t.Context(), r.path, wrong, census(t, r.text)); !errors.As(err, &refused) || !strings.Contains(refused.Reason, "another account") {
		t.Errorf("another account: %v", err)
	}
	if now, err := os.ReadFile(r.path); err != nil || !bytes.Equal(now, content) {
		t.Errorf("the journal was changed: %v", err)
	}
}
