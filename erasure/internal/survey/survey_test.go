package survey_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/internal/survey"
)

// listOf is a source of ids, one per line. One that begins with "!" is invalid.
func listOf(ids ...string) survey.Source {
	return func(_ context.Context, yield func(survey.Record) error) error {
		for i, id := range ids {
			record := survey.Record{Line: i + 1, ID: id}
			if strings.HasPrefix(id, "!") {
				record.Err = errors.New("no id")
			}
			if err := yield(record); err != nil {
				return err
			}
		}
		return nil
	}
}

func numberedIDs(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("m%d", i)
	}
	return ids
}

// trial is one run of a survey in a test.
type trial struct {
	journal string
	options survey.Options // Journal and what every survey needs are set by run
	limit   int            // ends the run after so many requests; 0 for none
	respond func(id string) (survey.Result, error)

	mu    sync.Mutex
	asked []string
}

func (tr *trial) ask(stop func()) survey.AskFunc {
	return func(_ context.Context, id string) (survey.Result, error) {
		tr.mu.Lock()
		defer tr.mu.Unlock()
		tr.asked = append(tr.asked, id)
		if len(tr.asked) == tr.limit {
			defer stop()
		}
		if tr.respond != nil {
			return tr.respond(id)
		}
		return survey.Result{Outcome: survey.Found, CustomerID: "c-" + id, Status: 200, Attempts: 1}, nil
	}
}

// outcome is what a run has left.
type outcome struct {
	err     error // of Run
	results []survey.Result
	without []survey.Record
	counts  map[survey.Outcome]int
	list    *survey.List
}

func (tr *trial) run(t *testing.T, source survey.Source) (o outcome) {
	t.Helper()
	list, err := survey.Scan(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	s, err := survey.Open(t.Context(), list, tr.complete())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	before := s.Remaining()
	o.err = s.Run(ctx, tr.ask(stop), survey.RunOptions{Concurrency: 1})
	if o.err == nil && len(tr.asked) != before {
		t.Errorf("asked about %d, announced %d", len(tr.asked), before)
	}
	o.list, o.counts = list, s.Counts()
	err = s.Results(t.Context(), func(r survey.Result) error {
		r.Time = time.Time{}
		o.results = append(o.results, r)
		return nil
	})
	err = errors.Join(err, s.WithoutResult(t.Context(), func(r survey.Record) error {
		o.without = append(o.without, r)
		return nil
	}))
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	return o
}

func (tr *trial) complete() survey.Options {
	o := tr.options
	o.Journal = tr.journal
	if o.Question == "" {
		o.Question = survey.LookUp
	}
	if o.AccountCode == "" {
		o.AccountCode, o.BaseURL = "account", "http://127.0.0.1/v1"
	}
	return o
}

func newJournal(t *testing.T) string { return filepath.Join(t.TempDir(), "lookup") }

func idsOf(results []survey.Result) (ids []string) {
	for _, r := range results {
		ids = append(ids, r.ID)
	}
	return ids
}

func TestSurvey(t *testing.T) {
	t.Parallel()
	tr := &trial{journal: newJournal(t)}
	o := tr.run(t, listOf("m1", "!", "m2", "m1", "m3", "m2"))
	if o.err != nil || !slices.Equal(tr.asked, []string{"m1", "m2", "m3"}) {
		t.Errorf("got %v, asked about %v", o.err, tr.asked)
	}
	if l := o.list; l.Records != 6 || l.Invalid != 1 || l.Duplicates != 2 || l.ToAsk() != 3 || !slices.Equal(l.First, []string{"m1", "m2"}) ||
		len(l.Problems) != 1 || l.Problems[0].Line != 2 {
		t.Errorf("got list %+v", l)
	}
	want := survey.Result{ID: "m3", Line: 5, Outcome: survey.Found, CustomerID: "c-m3", Status: 200, Attempts: 1}
	if len(o.results) != 3 || o.results[2] != want || !maps.Equal(o.counts, map[survey.Outcome]int{survey.Found: 3}) {
		t.Errorf("got %+v and %v", o.results, o.counts)
	}
	if len(o.without) != 1 || o.without[0].Line != 2 || o.without[0].Err == nil {
		t.Errorf("without a result: %v", o.without)
	}
	if info, err := os.Stat(tr.journal); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the journal: %v, %v", info.Mode(), err)
	}
}

// A run goes on where the one before ended, with whatever list there is by then.
func TestResume(t *testing.T) {
	t.Parallel()
	ids := numberedIDs(300)
	reversed := slices.Clone(ids)
	slices.Reverse(reversed)
	for name, tc := range map[string]struct {
		later    []string
		asked    int
		sameList bool
	}{
		"Same":      {ids, 200, true},
		"Sorted":    {reversed, 200, false},
		"Extended":  {append(slices.Clone(ids), "new"), 201, false},
		"Shortened": {ids[50:], 200, false},
		"Other":     {[]string{"new"}, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := &trial{journal: newJournal(t), limit: 101} // whose last request is not finished
			if o := first.run(t, listOf(ids...)); !errors.Is(o.err, context.Canceled) || len(o.results) != 100 || len(o.without) != 200 {
				t.Fatalf("got %v with %d results, %d without", o.err, len(o.results), len(o.without))
			}
			second := &trial{journal: first.journal, options: survey.Options{Resume: true}}
			o := second.run(t, listOf(tc.later...))
			got, want := idsOf(o.results), slices.Clone(tc.later)
			slices.Sort(got)
			slices.Sort(want)
			if o.err != nil || len(second.asked) != tc.asked || !slices.Equal(got, want) || o.counts[survey.Found] != len(want) {
				t.Errorf("got %v, asked about %d, %d results, %v", o.err, len(second.asked), len(got), o.counts)
			}
			for _, r := range o.results {
				if hasLine := r.Line > 0; hasLine != (tc.sameList || slices.Contains(second.asked, r.ID)) {
					t.Errorf("%s: line %d", r.ID, r.Line)
				}
			}
			third := &trial{journal: first.journal, options: survey.Options{Resume: true}}
			if o := third.run(t, listOf(tc.later...)); o.err != nil || len(third.asked) != 0 || len(o.results) != len(want) || len(o.without) != 0 {
				t.Errorf("nothing was left: got %v, asked about %d, %d results", o.err, len(third.asked), len(o.results))
			}
		})
	}
}

// What did not tell, or is not good any more, is asked about again.
func TestAskedAgain(t *testing.T) {
	t.Parallel()
	outcomes := map[string]survey.Outcome{"m0": survey.Unknown, "m1": survey.StillThere, "m2": survey.Gone}
	first := &trial{journal: newJournal(t), respond: func(id string) (survey.Result, error) {
		return survey.Result{Outcome: outcomes[id]}, nil
	}}
	first.run(t, listOf("m0", "m1", "m2"))
	second := &trial{journal: first.journal, options: survey.Options{
		Resume: true, Keep: func(r survey.Result) bool { return r.Outcome == survey.Gone && time.Since(r.Time) >= 0 },
	}}
	o := second.run(t, listOf("m0", "m1", "m2"))
	if !slices.Equal(second.asked, []string{"m0", "m1"}) || !slices.Equal(idsOf(o.results), []string{"m2", "m0", "m1"}) || o.results[0].Line != 3 {
		t.Errorf("asked about %v, got %v", second.asked, o.results)
	}
	if !maps.Equal(o.counts, map[survey.Outcome]int{survey.Gone: 1, survey.Found: 2}) {
		t.Errorf("got %v", o.counts)
	}
}

// What is unknown is never kept, not even by a run that keeps everything.
func TestUnknownIsAskedAgain(t *testing.T) {
	t.Parallel()
	for name, keep := range map[string]func(survey.Result) bool{"Default": nil, "All": func(survey.Result) bool { return true }} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := &trial{journal: newJournal(t), respond: func(id string) (survey.Result, error) {
				return pick(id == "m0", survey.Result{Outcome: survey.Unknown}, survey.Result{Outcome: survey.Gone}), nil
			}}
			first.run(t, listOf("m0", "m1"))
			second := &trial{journal: first.journal, options: survey.Options{Resume: true, Keep: keep}}
			second.run(t, listOf("m0", "m1"))
			if !slices.Equal(second.asked, []string{"m0"}) {
				t.Errorf("asked about %v", second.asked)
			}
		})
	}
}

// What a crash leaves costs the ids of the last lines another request, and nothing else.
func TestCrash(t *testing.T) {
	t.Parallel()
	whole := &trial{journal: newJournal(t)}
	whole.run(t, listOf("m0", "m1"))
	text, err := os.ReadFile(whole.journal)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(text); at += 11 {
		for name, left := range map[string][]byte{
			"CutOff": text[:at],
			"Zeros":  append(slices.Clone(text[:at]), make([]byte, len(text)-at)...),
		} {
			journal := newJournal(t)
			if err := os.WriteFile(journal, left, 0o600); err != nil {
				t.Fatal(err)
			}
			again := &trial{journal: journal, options: survey.Options{Resume: true}}
			o := again.run(t, listOf("m0", "m1"))
			got := idsOf(o.results)
			slices.Sort(got)
			if o.err != nil || !slices.Equal(got, []string{"m0", "m1"}) || len(again.asked) > 2 {
				t.Errorf("%s after %d bytes: got %v, %v, asked about %v", name, at, o.err, got, again.asked)
			}
		}
	}
}

func TestRejectedJournals(t *testing.T) {
	t.Parallel()
	tr := &trial{journal: newJournal(t)}
	tr.run(t, listOf("m0"))
	text, err := os.ReadFile(tr.journal)
	if err != nil {
		t.Fatal(err)
	}
	file := func(content string) string {
		path := newJournal(t)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for want, o := range map[string]survey.Options{
		"already exists":                              {Journal: tr.journal},
		"belongs to another account":                  {Journal: tr.journal, Resume: true, AccountCode: "other", BaseURL: "http://127.0.0.1/v1"},
		"belongs to another environment":              {Journal: tr.journal, Resume: true, AccountCode: "account", BaseURL: "http://127.0.0.2/v1"},
		"is the record of a look-up, not of a verif":  {Journal: tr.journal, Resume: true, Question: survey.Verification},
		"is not a journal of this program":            {Journal: file("m0\nm1\n"), Resume: true},
		"another version":                             {Journal: file(strings.Replace(string(text), `"version":1`, `"version":9`, 1)), Resume: true},
		"is damaged at byte " + fmt.Sprint(len(text)): {Journal: file(string(text) + "{}\n" + string(text)), Resume: true},
		"is not a regular file":                       {Journal: os.DevNull, Resume: true},
		"is a directory":                              {Journal: t.TempDir(), Resume: true},
	} {
		list, err := survey.Scan(t.Context(), listOf("m0"))
		if err != nil {
			t.Fatal(err)
		}
		s, err := survey.Open(t.Context(), list, (&trial{journal: o.Journal, options: o}).complete())
		var rejected *bulk.JournalError
		if !errors.As(err, &rejected) || rejected.Hint == "" || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if err == nil {
			_ = s.Close()
		}
		list.Close()
	}
	if left, err := os.ReadFile(tr.journal); err != nil || string(left) != string(text) {
		t.Errorf("a rejected journal was changed: %v", err)
	}
}

func TestLockedJournal(t *testing.T) {
	t.Parallel()
	list, err := survey.Scan(t.Context(), listOf("m0"))
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	o := (&trial{journal: newJournal(t), options: survey.Options{Resume: true}}).complete()
	s, err := survey.Open(t.Context(), list, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := survey.Open(t.Context(), list, o); err == nil || !strings.Contains(err.Error(), "is in use by another run") {
		t.Errorf("got %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = survey.Open(t.Context(), list, o); err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
}

// An error of the question itself ends the survey at once, and nobody has a result of it.
func TestErrorOfTheQuestion(t *testing.T) {
	t.Parallel()
	pointless := errors.New("nobody is retrieved here")
	tr := &trial{journal: newJournal(t), respond: func(string) (survey.Result, error) { return survey.Result{}, pointless }}
	if o := tr.run(t, listOf(numberedIDs(50)...)); !errors.Is(o.err, pointless) || len(tr.asked) != 1 || len(o.results) != 0 {
		t.Errorf("got %v after %d requests, %d results", o.err, len(tr.asked), len(o.results))
	}
}

// A list that changes between the scan and the run is noticed.
func TestListChanged(t *testing.T) {
	t.Parallel()
	for _, later := range [][]string{{"m0"}, {"m0", "m1", "m2"}} {
		reads := 0
		source := func(ctx context.Context, yield func(survey.Record) error) error {
			reads++
			if reads == 1 {
				return listOf("m0", "m1")(ctx, yield)
			}
			return listOf(later...)(ctx, yield)
		}
		tr := &trial{journal: newJournal(t)}
		if o := tr.run(t, source); o.err == nil || !strings.Contains(o.err.Error(), "the list changed") {
			t.Errorf("%v: got %v", later, o.err)
		}
	}
}

// A look-up that is too old is still good once a deletion has used it.
func TestSettled(t *testing.T) {
	t.Parallel()
	first := &trial{journal: newJournal(t)}
	first.run(t, listOf("m0", "m1", "m2"))
	second := &trial{journal: first.journal, options: survey.Options{
		Resume: true, Keep: func(survey.Result) bool { return false },
		Settled: func(_ context.Context, yield func(string) error) error {
			return errors.Join(yield("c-m1"), yield("another"), yield("c-m1"))
		},
	}}
	o := second.run(t, listOf("m0", "m1", "m2"))
	if !slices.Equal(second.asked, []string{"m0", "m2"}) || !slices.Equal(idsOf(o.results), []string{"m1", "m0", "m2"}) {
		t.Errorf("asked about %v, got %v", second.asked, o.results)
	}
}
