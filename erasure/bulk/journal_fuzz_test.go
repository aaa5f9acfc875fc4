package bulk

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzJournal reads a file as the journal of the same list and of another one. It is
// rejected, or what is read stays the same: before the run and after it, in the report and
// without the list.
func FuzzJournal(f *testing.F) {
	const listA, listB = "c0\nc1\nc2\nc1\na/b\n", "c3\nc2\nc0\n"
	head := journalOf(f, listA)
	line := func(event, id string, n int, o Outcome) string {
		e := entry{Event: event, Result: Result{N: n, ID: id, Outcome: o}}
		return string(e.appendTo(nil))
	}
	f.Add(head, listB)
	f.Add(head+line(eventSending, "c1", 1, "")+"\x00\x00\n", listB)
	f.Add(head+line(eventSending, "c2", 2, "")+line(eventOutcome, "c2", 2, Failed)+line(eventSending, "c2", 2, "")+`{"ev`, listA)
	f.Add(strings.Replace(head, `"records":5`, `"records":5,"unlisted":9`, 1)+line(eventOutcome, "c9", 9, MaybeDeleted), listB)
	f.Add(strings.Replace(head, `"records":5`, `"records":2147483640`, 1)+line(eventOutcome, "c9", 2147483000, Accepted), listA)
	f.Add(strings.Replace(head, `"listed":"`, `"listed":"A`, 1), listB)
	f.Add(head[:len(head)/2], listA)
	f.Fuzz(func(t *testing.T, journal, text string) {
		if len(text) > 1<<12 || len(journal) > 1<<16 {
			return
		}
		list, err := Scan(t.Context(), textSource(text), Format{})
		if err != nil {
			return
		}
		defer list.Close()
		r := &runner{T: t, path: filepath.Join(t.TempDir(), "journal"), text: text}
		if err := os.WriteFile(r.path, []byte(journal), 0o600); err != nil {
			t.Fatal(err)
		}
		plan, dryErr := DryRun(t.Context(), list, optionsFor(r.path, true))
		job, err := Prepare(t.Context(), list, optionsFor(r.path, true))
		if err != nil {
			if !errors.As(err, new(*JournalError)) || dryErr == nil {
				t.Fatalf("%v, and the dry run %v", err, dryErr)
			}
			return
		}
		defer closeJob(t, job)
		if dryErr != nil || plan != (Plan{job.Remaining(), job.Changes()}) {
			t.Fatalf("dry run: %+v, %v, want %d and %+v", plan, dryErr, job.Remaining(), job.Changes())
		}
		before := outcomesOf(t, job)
		unlisted := job.Unlisted()
		accept := func(context.Context, string) Result { return Result{Outcome: Accepted, Status: 202} }
		if err := job.Run(t.Context(), accept, RunOptions{}); err != nil {
			t.Fatal(err)
		}
		if job.Remaining() != 0 || job.Unlisted() != unlisted {
			t.Fatalf("%d remain, %+v no longer in the list, before it was %+v", job.Remaining(), job.Unlisted(), unlisted)
		}
		after := outcomesOf(t, job)
		for n, outcome := range before {
			if now := after[n]; now != outcome && now != Accepted && outcome != Invalid {
				t.Fatalf("record %d was %s, and is %q", n, outcome, now)
			}
		}
		without := map[int]Outcome{}
		if err := ReadResults(t.Context(), r.path, func(r Result) error { without[r.N] = r.Outcome; return nil }); err != nil || len(without) != len(after) {
			t.Fatalf("%d results without the list, %d with it, %v", len(without), len(after), err)
		}
	})
}

// outcomesOf returns the outcome of each record, and checks that the summary counts them.
func outcomesOf(t *testing.T, job *Job) map[int]Outcome {
	t.Helper()
	outcomes := map[int]Outcome{}
	err := job.Results(func(r Result) error {
		if _, ok := outcomes[r.N]; ok {
			t.Fatalf("record %d has two results", r.N)
		}
		outcomes[r.N] = r.Outcome
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return outcomes
}

// journalOf returns the journal of a run that was killed before it sent anything.
func journalOf(f *testing.F, text string) string {
	f.Helper()
	path := filepath.Join(f.TempDir(), "journal")
	list, err := Scan(f.Context(), textSource(text), Format{})
	if err != nil {
		f.Fatal(err)
	}
	job, err := Prepare(f.Context(), list, optionsFor(path, false))
	if err != nil {
		f.Fatal(err)
	}
	ctx, cancel := context.WithCancel(f.Context())
	cancel()
	_ = job.Run(ctx, nil, RunOptions{})
	content, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	if err := job.Close(); err != nil {
		f.Fatal(err)
	}
	return string(content)
}
