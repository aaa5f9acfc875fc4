package bulk

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A list that has changed is resumed: ids are compared, and not files.
func TestChangedList(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, before, after string
		format              Format // of after
		want                Changes
		remaining           int
		summary             Summary
	}{
		{"Same", "c0\nc1\n", "c0\nc1\n", Format{}, Changes{}, 0, Summary{Accepted: 2}},
		{"Sorted", "c0\nc1\nc2\n", "c2\nc0\nc1\n", Format{}, Changes{Changed: true}, 0, Summary{Accepted: 3}},
		{"SavedByExcel", "c0\nc1\n", "\ufeffname,id\r\n\"A, B\",c1\r\nC,c0\r\n", Format{Column: "id"}, Changes{Changed: true}, 0, Summary{Accepted: 2}},
		{"Extended", "c0\nc1\n", "c0\nc1\nc2\nc3\n", Format{}, Changes{Changed: true, Added: 2}, 2, Summary{Accepted: 4}},
		{"Shortened", "c0\nc1\nc2\n", "c1\n", Format{}, Changes{Changed: true, Removed: 2}, 0, Summary{Accepted: 1, Unlisted: 2}},
		{"Replaced", "c0\nc1\n", "c2\n", Format{}, Changes{Changed: true, Added: 1, Removed: 2}, 1, Summary{Accepted: 1, Unlisted: 2}},
		{"Duplicates", "c0\nc0\nc1\n", "c1\nc0\nc1\nc2\nc2\n", Format{}, Changes{Changed: true, Added: 1}, 1, Summary{Accepted: 3, Duplicates: 2}},
		{"Corrected", "c0\na/b\n", "a-b\nc0\n", Format{}, Changes{Changed: true, Added: 1}, 1, Summary{Accepted: 2}},
		{"StillInvalid", "a/b\nc0\n", "c0\na/b\n", Format{}, Changes{Changed: true}, 0, Summary{Accepted: 1, Invalid: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRunner(t, 0)
			r.text = c.before
			if _, err := r.run(t.Context(), false); err != nil {
				t.Fatal(err)
			}
			list := scanFormat(t, c.after, c.format)
			before, err := os.ReadFile(r.path)
			if err != nil {
				t.Fatal(err)
			}
			plan, err := DryRun(t.Context(), list, optionsFor(r.path, true))
			if err != nil || plan != (Plan{c.remaining, c.want}) {
				t.Errorf("dry run: %+v, %v, want %d and %+v", plan, err, c.remaining, c.want)
			}
			job, err := Prepare(t.Context(), list, optionsFor(r.path, true))
			if err != nil {
				t.Fatal(err)
			}
			if got := job.Changes(); got != c.want || job.Remaining() != c.remaining {
				t.Errorf("%d remain, %+v, want %d and %+v", job.Remaining(), got, c.remaining, c.want)
			}
			r.checkReport(job, job.Summary())
			if now, err := os.ReadFile(r.path); err != nil || string(now) != string(before) {
				t.Errorf("the journal has changed before the run, %v", err)
			}
			if err := job.Run(t.Context(), r.server.erase, r.options); err != nil {
				t.Fatal(err)
			}
			if got := job.Summary(); got != c.summary {
				t.Errorf("%+v, want %+v", got, c.summary)
			}
			r.checkReport(job, job.Summary())
			closeJob(t, job)
			for id, n := range r.server.erased {
				if n != 1 {
					t.Errorf("%s was sent %d times", id, n)
				}
			}
			if left, err := filepath.Glob(filepath.Join(filepath.Dir(r.path), "*")); err != nil || len(left) != 1 {
				t.Errorf("%v is left, %v", left, err)
			}
			if plan, err := DryRun(t.Context(), scanFormat(t, c.after, c.format), optionsFor(r.path, true)); err != nil || plan != (Plan{}) {
				t.Errorf("afterwards: %+v, %v, want the journal to be this list's", plan, err)
			}
		})
	}
}

func scanFormat(t *testing.T, text string, f Format) *List {
	t.Helper()
	list, err := Scan(t.Context(), textSource(text), f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(list.Close)
	return list
}

// Each state survives: what was refused is sent again, what is ambiguous stays so, and
// neither is sent once the list lacks it.
func TestChangedListKeepsEveryState(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 4)
	r.server.respond = func(id string, n int) Result {
		switch {
		case id == "c0":
			return Result{Outcome: MaybeDeleted, Status: 504, Code: "GATEWAY_TIMEOUT", Attempts: 3, RequestID: "r0"}
		case id == "c1" && n == 1:
			return Result{Outcome: Failed, Status: 500, Code: "INTERNAL_ERROR"}
		case n > 1:
			return Result{Outcome: NotFound, Status: 400, Code: "CUSTOMER_NOT_FOUND"}
		}
		return Result{Outcome: Accepted, Status: 202}
	}
	if _, err := r.run(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	// It failed, was sent again, and the run was killed.
	r.append(entry{Event: eventSending, Result: Result{N: 1, ID: "c1"}})
	r.text = "c3\nc9\nc2\nc1\nc0\n"
	job := r.prepare(true)
	if want := (Changes{Changed: true, Added: 1}); job.Changes() != want || job.Remaining() != 3 {
		t.Errorf("%+v, %d remain", job.Changes(), job.Remaining())
	}
	closeJob(t, job)

	r.text = "c9\nc3\n" // neither c0 nor c1 is sent, whatever happens
	for range 2 {
		job = r.prepare(true)
		if job.Remaining() > 1 {
			t.Errorf("%d remain", job.Remaining())
		}
		if err := job.Run(t.Context(), r.server.erase, r.options); err != nil {
			t.Fatal(err)
		}
		summary := job.Summary()
		r.checkReport(job, summary)
		if want := (Summary{Accepted: 2, Unlisted: 3, UnlistedUnsettled: 2}); summary != want {
			t.Errorf("%+v, want %+v", summary, want)
		}
		if got := job.Unlisted(); got != (Summary{Accepted: 1, MaybeDeleted: 2, Unsettled: 2}) {
			t.Errorf("no longer in the list: %+v", got)
		}
		closeJob(t, job)
	}
	if r.server.erased["c0"] != 1 || r.server.erased["c1"] != 1 {
		t.Errorf("sent although they are not in the list: %v", r.server.erased)
	}
	if got := resultsOf(t, r.path); len(got) != 5 || got["c0"] != MaybeDeleted || got["c1"] != MaybeDeleted || got["c2"] != Accepted {
		t.Errorf("%v", got)
	}

	r.text = "c0\nc1\nc2\nc3\n" // back again
	job = r.prepare(true)
	if want := (Changes{Changed: true, Added: 3, Removed: 1}); job.Changes() != want || job.Remaining() != 2 || job.Summary() != (Summary{Accepted: 2, MaybeDeleted: 2, Unsettled: 2, Unlisted: 1}) {
		t.Errorf("%+v, %+v, %d remain", job.Changes(), job.Summary(), job.Remaining())
	}
	closeJob(t, job)
	if summary, err := r.run(t.Context(), true); err != nil || summary != (Summary{Accepted: 2, MaybeDeleted: 2, Unsettled: 1, Unlisted: 1}) {
		t.Errorf("%+v, %v: c1 is gone, and an attempt of ours may be the reason", summary, err)
	}
}

// append appends a line to the journal, as a run that was killed leaves it.
func (r *runner) append(e entry) {
	r.Helper()
	file, err := os.OpenFile(r.path, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = file.Write(e.appendTo(nil))
	}
	if err != nil {
		r.Fatal(err)
	}
	if err := file.Close(); err != nil {
		r.Fatal(err)
	}
}

// The ids that were removed before they were sent are known, although the journal has no
// line of them.
func TestChangedListOfAnInterruptedRun(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 100)
	ctx, cancel := context.WithCancel(t.Context())
	r.options.Observe = func(Result) { cancel() }
	summary, err := r.run(ctx, false)
	if err == nil || summary.NotSent == 0 || summary.Accepted == 0 {
		t.Fatalf("%+v, %v", summary, err)
	}
	r.options.Observe = nil
	var kept []string
	removed, unsent := 0, 0
	for i := range 100 {
		id := fmt.Sprint("c", i)
		if i%3 == 0 {
			removed++
			if r.server.erased[id] == 0 {
				unsent++
			}
			continue
		}
		kept = append(kept, id)
	}
	r.text = strings.Join(append(kept, "new"), "\n")
	job := r.prepare(true)
	want := Changes{Changed: true, Added: 1, Removed: removed, RemovedUnsent: unsent}
	if got := job.Changes(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	closeJob(t, job)
	if summary, err := r.run(t.Context(), true); err != nil || summary != (Summary{Accepted: len(kept) + 1, Unlisted: removed - unsent}) {
		t.Errorf("%+v, %v", summary, err)
	}
}

// Taken back before it was sent, and removed: it has no result, and is no loss.
func TestChangedListWithoutAnIDThatWasTakenBack(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 3)
	if _, err := r.run(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	r.text = "c0\nc1\nc3\nc4\n"
	ctx, cancel := context.WithCancel(t.Context())
	r.options.Wait = func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}
	if summary, err := r.run(ctx, true); err == nil || summary != (Summary{Accepted: 2, NotSent: 2, Unlisted: 1}) {
		t.Fatalf("%+v, %v", summary, err)
	}
	r.options.Wait = nil
	r.text = "c0\nc4\n" // without c1, which was accepted, c2, which was removed before, and c3
	job := r.prepare(true)
	if want := (Changes{Changed: true, Removed: 2, RemovedUnsent: 1}); job.Changes() != want || job.Unlisted() != (Summary{Accepted: 2}) {
		t.Errorf("%+v, want %+v; no longer in the list: %+v", job.Changes(), want, job.Unlisted())
	}
	closeJob(t, job)
	if summary, err := r.run(t.Context(), true); err != nil || summary != (Summary{Accepted: 2, Unlisted: 2}) {
		t.Errorf("%+v, %v", summary, err)
	}
}

// What an earlier run has found out about an id has the number and the line that the id
// has now, and the journal keeps the time at which it began.
func TestChangedListNumbersResults(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 3)
	if _, err := r.run(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	first, err := ReadJournal(r.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.path+".new", []byte("of a run that was killed"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.text = "\nc2\n\nc0\n"
	if _, err := r.run(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	if err := ReadResults(t.Context(), r.path, func(r Result) error { got[r.ID] = fmt.Sprint(r.N, " ", r.Line); return nil }); err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"c2": "0 2", "c0": "1 4", "c1": "2 0"}; !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	now, err := ReadJournal(r.path)
	if want := (JournalFacts{first.AccountCode, first.BaseURL, 2, first.Started}); err != nil || now != want {
		t.Errorf("%+v, %v, want %+v", now, err, want)
	}
}

// A journal that cannot be rewritten stays as it is, and nothing is sent.
func TestChangedListThatCannotBeRecorded(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 3)
	if _, err := r.run(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(r.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(r.path+".new/full", 0o700); err != nil {
		t.Fatal(err)
	}
	r.text += "c3\n"
	job := r.prepare(true)
	if err := job.Run(t.Context(), r.server.erase, r.options); err == nil || !strings.Contains(err.Error(), "writing the journal") {
		t.Errorf("got %v", err)
	}
	r.checkReport(job, job.Summary())
	closeJob(t, job)
	if now, err := os.ReadFile(r.path); err != nil || string(now) != string(before) || r.server.erased["c3"] > 0 {
		t.Errorf("the journal has changed, or c3 was sent, %v", err)
	}
}

// So it is when what the journal says cannot be read again.
func TestChangedListThatCannotBeRead(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 3)
	if _, err := r.run(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	r.text += "c3\n"
	job := r.prepare(true)
	job.journal.moved.blocks = [len(job.journal.moved.blocks)]moveBlock{} // read again
	if err := job.journal.moved.file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := job.Run(t.Context(), r.server.erase, r.options); err == nil || r.server.erased["c3"] > 0 {
		t.Errorf("got %v", err)
	}
	closeJob(t, job)
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(r.path), "*")); err != nil || len(left) != 1 {
		t.Errorf("%v is left, %v", left, err)
	}
}

// A run that was killed while it wrote the head of its journal has sent nothing. Its list
// may change too.
func TestChangedListAfterAKillInTheHead(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 300)
	if _, err := r.run(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(r.path)
	if err != nil {
		t.Fatal(err)
	}
	head := strings.Index(string(content), `{"event":"started"`)
	for cut := 0; cut < head+20; cut += 1 + head/12 {
		for _, text := range []string{r.text, r.text + "c300\n"} {
			again := newRunner(t, 0)
			again.text = text
			if err := os.WriteFile(again.path, content[:cut], 0o600); err != nil {
				t.Fatal(err)
			}
			ids := strings.Count(text, "\n")
			for range 2 {
				job := again.prepare(true)
				if job.Changes() != (Changes{}) {
					t.Errorf("cut at %d: %+v", cut, job.Changes())
				}
				if err := job.Run(t.Context(), again.server.erase, again.options); err != nil || job.Summary() != (Summary{Accepted: ids}) {
					t.Errorf("cut at %d: %+v, %v", cut, job.Summary(), err)
				}
				closeJob(t, job)
			}
		}
	}
}
