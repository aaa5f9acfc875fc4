package bulk

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// textSource returns a list that is in memory.
func textSource(text string) Source {
	return func() (io.Reader, error) { return strings.NewReader(text), nil }
}

func scanText(t *testing.T, text string) *List {
	t.Helper()
	list, err := Scan(t.Context(), textSource(text), Format{})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// server is a fake of the service that erases: it remembers what it erased.
type server struct {
	mu      sync.Mutex
	erased  map[string]int
	respond func(id string, n int) Result // nil: accepted once, then not found
}

func (s *server) erase(_ context.Context, id string) Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.erased == nil {
		s.erased = map[string]int{}
	}
	s.erased[id]++
	if s.respond != nil {
		return s.respond(id, s.erased[id])
	}
	if s.erased[id] > 1 {
		return Result{Outcome: NotFound, Status: 400, Code: "CUSTOMER_NOT_FOUND", Attempts: 1}
	}
	return Result{Outcome: Accepted, Status: 202, Attempts: 1, RequestID: "r-" + id}
}

// runner runs a list with a journal in a temporary folder.
type runner struct {
	*testing.T
	path    string // of the journal
	text    string // the list
	server  *server
	erase   EraseFunc // nil: the server's
	options RunOptions
}

func newRunner(t *testing.T, ids int) *runner {
	var b strings.Builder
	for i := range ids {
		fmt.Fprintf(&b, "c%d\n", i)
	}
	return &runner{T: t, path: filepath.Join(t.TempDir(), "journal"), text: b.String(), server: &server{}}
}

func optionsFor(path string, resume bool) Options {
	return Options{Journal: path, Resume: resume, AccountCode: "a1", BaseURL: "https://example.com/v1"}
}

// prepare returns a job of the list. It is closed when the test ends.
func (r *runner) prepare(resume bool) *Job {
	r.Helper()
	job, err := Prepare(r.Context(), scanText(r.T, r.text), optionsFor(r.path, resume))
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { closeJob(r.T, job) })
	return job
}

func closeJob(t *testing.T, job *Job) {
	t.Helper()
	if err := job.Close(); err != nil {
		t.Error(err)
	}
}

// run runs the list once, and checks that summary, journal and report agree.
func (r *runner) run(ctx context.Context, resume bool) (Summary, error) {
	r.Helper()
	job := r.prepare(resume)
	defer closeJob(r.T, job)
	erase := r.erase
	if erase == nil {
		erase = r.server.erase
	}
	err := job.Run(ctx, erase, r.options)
	summary := job.Summary()
	r.checkJournal(job, summary)
	r.checkReport(job, summary)
	return summary, err
}

// checkJournal checks that reading the journal again gives what the job knows.
func (r *runner) checkJournal(job *Job, want Summary) {
	r.Helper()
	if err := job.journal.sync(); err != nil {
		r.Fatal(err)
	}
	again := scanText(r.T, r.text)
	if _, err := readJournal(r.Context(), again, optionsFor(r.path, true)); err != nil {
		r.Error(err)
	} else if got := again.states.count(0, again.Records).summary(); got != listed(want) {
		r.Errorf("the journal says %+v, the run %+v", got, want)
	}
}

// listed is the summary of the list alone.
func listed(s Summary) Summary {
	s.Unlisted, s.UnlistedUnsettled = 0, 0
	return s
}

// checkReport checks that the report has every id that has an outcome exactly once.
func (r *runner) checkReport(job *Job, summary Summary) {
	r.Helper()
	var report bytes.Buffer
	if err := job.WriteReport(&report, ReportCSV); err != nil {
		r.Fatal(err)
	}
	rows, err := csv.NewReader(&report).ReadAll()
	if err != nil {
		r.Fatal(err)
	}
	seen, outcomes := map[string]bool{}, map[string]int{}
	for _, row := range rows[1:] {
		key := row[0] + " of line " + row[7]
		if seen[key] {
			r.Errorf("%s is duplicated in the report", key)
		}
		seen[key] = true
		outcomes[row[1]]++
	}
	unlisted := job.Unlisted()
	if got := unlisted.results(); got != summary.Unlisted {
		r.Errorf("%d are no longer in the list, %d in the summary", got, summary.Unlisted)
	}
	for outcome, want := range map[Outcome]int{
		Accepted: summary.Accepted + unlisted.Accepted, NotFound: summary.NotFound + unlisted.NotFound,
		MaybeDeleted: summary.MaybeDeleted + unlisted.MaybeDeleted, Invalid: summary.Invalid, Failed: summary.Failed + unlisted.Failed,
	} {
		if got := outcomes[string(outcome)]; got != want {
			r.Errorf("%d %s in the report, %d in the summary", got, outcome, want)
		}
	}
}
