package bulk

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"
)

// server is a fake of the other side: it remembers what it erased.
type server struct {
	mu     sync.Mutex
	erased map[string]int
	answer func(id string, n int) Result // nil: accepted once, then not found
}

func (s *server) erase(_ context.Context, id string) Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.erased == nil {
		s.erased = map[string]int{}
	}
	s.erased[id]++
	if s.answer != nil {
		return s.answer(id, s.erased[id])
	}
	if s.erased[id] > 1 {
		return Result{Outcome: NotFound, Status: 400, Code: "CUSTOMER_NOT_FOUND", Attempts: 1}
	}
	return Result{Outcome: Accepted, Status: 202, Attempts: 1, RequestID: "r-" + id}
}

// runner runs a batch over a text with a journal in a temporary folder.
type runner struct {
	*testing.T
	path   string
	text   string
	server *server
	cfg    Config
}

func newRunner(t *testing.T, ids int) *runner {
	var b strings.Builder
	for i := range ids {
		fmt.Fprintf(&b, "c%d\n", i)
	}
	return &runner{T: t, path: filepath.Join(t.TempDir(), "journal"), text: b.String(), server: &server{}}
}

var header = Header{AccountCode: "a1", BaseURL: "https://example.com/v1"}

func (r *runner) run(ctx context.Context, resume bool) (Summary, error) {
	r.Helper()
	c := census(r.T, r.text)
	open := CreateJournal
	if resume {
		open = func(path string, h Header, c *Census) (*Journal, error) {
			return ResumeJournal(r.Context(), path, h, c)
		}
	}
	j, err := open(r.path, header, c)
	if err != nil {
		r.Fatal(err)
	}
	defer func() {
		if err := j.Close(); err != nil {
			r.Error(err)
		}
	}()
	err = Run(ctx, context.WithoutCancel(ctx), strings.NewReader(r.text), Format{}, j, r.server.erase, r.cfg)
	summary := c.Summary()

	// What is known now is what reading the journal again tells.
	if err := j.sync(); err != nil {
		r.Fatal(err)
	}
	again := &Journal{file: j.file, census: census(r.T, r.text), header: j.header}
	if _, err := again.replay(r.Context()); err != nil {
		r.Error(err)
	} else if read := again.census.Summary(); read != summary {
		r.Errorf("the journal says %+v, the run %+v", read, summary)
	}

	// The report has every id that has an outcome exactly once.
	var report bytes.Buffer
	if err := WriteReport(&report, j, false); err != nil {
		r.Fatal(err)
	}
	rows, err2 := csv.NewReader(&report).ReadAll()
	if err2 != nil {
		r.Fatal(err2)
	}
	seen, outcomes := map[string]bool{}, map[string]int{}
	for _, row := range rows[1:] {
		if seen[row[0]] {
			r.Errorf("%s stands twice in the report", row[0])
		}
		seen[row[0]] = true
		outcomes[row[1]]++
	}
	for outcome, want := range map[Outcome]int{
		Accepted: summary.Accepted, NotFound: summary.NotFound, MaybeDeleted: summary.MaybeDeleted, Invalid: summary.Invalid, Failed: summary.Failed,
	} {
		if got := outcomes[string(outcome)]; got != want {
			r.Errorf("%d %s in the report, %d in the summary", got, outcome, want)
		}
	}
	return summary, err
}

func TestRun(t *testing.T) {
	t.Parallel()

	t.Run("EveryIDOnce", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 1000)
		r.text += "c5\na/b\nc7\n" // a duplicate, an invalid one, a duplicate
		var observed int
		r.cfg.Observe = func(Result) { observed++ }
		summary, err := r.run(t.Context(), false)
		if want := (Summary{Accepted: 1000, Invalid: 1, Duplicates: 2}); err != nil || summary != want {
			t.Errorf("%+v, %v, want %+v", summary, err, want)
		}
		if observed != 1001 {
			t.Errorf("observed %d", observed)
		}
		for id, n := range r.server.erased {
			if n != 1 {
				t.Errorf("%s was sent %d times", id, n)
			}
		}
	})

	t.Run("StopsWhenTheFirstAreAllRefusedAlike", func(t *testing.T) {
		t.Parallel()
		for _, answer := range []Result{{Outcome: Failed, Status: 401, Code: "INVALID_CREDENTIALS"}, {Outcome: NotFound, Status: 400, Code: "CUSTOMER_NOT_FOUND"}} {
			r := newRunner(t, 1000)
			r.server.answer = func(string, int) Result { return answer }
			summary, err := r.run(t.Context(), false)
			if !errors.Is(err, ErrAllAlike) || !strings.Contains(err.Error(), answer.Code) || summary.NotSent < 900 {
				t.Errorf("%+v, %v", summary, err)
			}
			r = newRunner(t, 100)
			r.server.answer, r.cfg.KeepGoing = func(string, int) Result { return answer }, true
			if summary, err := r.run(t.Context(), false); err != nil || summary.NotSent != 0 {
				t.Errorf("keeping going: %+v, %v", summary, err)
			}
		}
	})

	t.Run("GoneOnesSayThatTheKeysAreRight", func(t *testing.T) {
		t.Parallel()
		for _, c := range []struct {
			answer Result
			stops  bool
		}{
			{Result{Outcome: MaybeDeleted, Status: 400, Code: codeNotFound}, false},
			{Result{Outcome: MaybeDeleted, Status: 500, Code: "INTERNAL_ERROR"}, true},
			{Result{Outcome: MaybeDeleted, Status: 502, Code: codeNotFound}, true},
		} {
			r := newRunner(t, 100)
			r.server.answer = func(string, int) Result { return c.answer }
			if _, err := r.run(t.Context(), false); errors.Is(err, ErrAllAlike) != c.stops {
				t.Errorf("%+v: %v", c.answer, err)
			}
		}
	})

	t.Run("GoneOnesAreNoFailures", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 100)
		r.cfg.MaxFailures = 5
		r.server.answer = func(string, int) Result { return Result{Outcome: MaybeDeleted, Status: 400, Code: codeNotFound} }
		if summary, err := r.run(t.Context(), false); err != nil || summary.MaybeDeleted != 100 {
			t.Errorf("%+v, %v", summary, err)
		}
	})

	t.Run("OneThatDiffersGoesOn", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 100)
		r.server.answer = func(id string, _ int) Result {
			if id == "c3" {
				return Result{Outcome: Accepted, Status: 202}
			}
			return Result{Outcome: NotFound, Status: 400}
		}
		if summary, err := r.run(t.Context(), false); err != nil || summary.NotFound != 99 {
			t.Errorf("%+v, %v", summary, err)
		}
	})

	t.Run("StopsAtTooManyFailures", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 1000)
		r.cfg.MaxFailures = 5
		n := 0
		r.server.answer = func(string, int) Result {
			if n++; n%2 == 0 {
				return Result{Outcome: Failed, Status: 500}
			}
			return Result{Outcome: Accepted, Status: 202}
		}
		summary, err := r.run(t.Context(), false)
		if !errors.Is(err, ErrTooManyFailures) || summary.Failed < 6 || summary.Failed > 6+8 || summary.NotSent == 0 {
			t.Errorf("%+v, %v", summary, err)
		}
	})

	t.Run("InterruptedAndResumed", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 500)
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		r.cfg.Observe = func(Result) {
			if n++; n == 100 {
				cancel()
			}
		}
		summary, err := r.run(ctx, false)
		if !errors.Is(err, context.Canceled) || summary.Accepted < 100 || summary.NotSent == 0 || summary.Accepted+summary.NotSent != 500 {
			t.Fatalf("%+v, %v", summary, err)
		}
		r.cfg.Observe = nil
		summary, err = r.run(t.Context(), true)
		if want := (Summary{Accepted: 500}); err != nil || summary != want {
			t.Errorf("resumed: %+v, %v", summary, err)
		}
		for id, n := range r.server.erased {
			if n != 1 {
				t.Errorf("%s was sent %d times", id, n)
			}
		}
	})

	t.Run("FailedOnesAreTriedAgainOnResume", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 10)
		r.server.answer = func(id string, n int) Result {
			switch {
			case id == "c1" && n == 1:
				return Result{Outcome: Failed, Status: 500}
			case id == "c2" && n == 1:
				return Result{Outcome: MaybeDeleted} // no answer
			case id == "c2":
				return Result{Outcome: NotFound, Status: 400, Code: codeNotFound}
			case id == "c3":
				return Result{Outcome: MaybeDeleted, Status: 400, Code: codeNotFound} // gone after a lost answer
			case n > 1 && id != "c1":
				t.Errorf("%s was sent again", id)
			}
			return Result{Outcome: Accepted, Status: 202}
		}
		if summary, err := r.run(t.Context(), false); err != nil || summary.Failed != 1 || summary.MaybeDeleted != 2 {
			t.Fatalf("%+v, %v", summary, err)
		}
		if summary, err := r.run(t.Context(), true); err != nil || summary != (Summary{Accepted: 8, MaybeDeleted: 2}) {
			t.Errorf("%+v, %v", summary, err)
		}
	})

	// What may have been accepted stays so until it is known to be gone.
	t.Run("AmbiguityIsNotForgotten", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 1)
		answers := []Result{
			{Outcome: MaybeDeleted, Status: 504},
			{Outcome: Failed, Status: 401, Code: "INVALID_CREDENTIALS"},
			{Outcome: MaybeDeleted, Status: 401},
			{Outcome: NotFound, Status: 400, Code: codeNotFound},
			{Outcome: Failed}, // never asked for
		}
		n := 0
		r.server.answer = func(string, int) Result { n++; return answers[n-1] }
		for i := range 5 {
			want := Summary{MaybeDeleted: 1, Unsettled: 1}
			if i >= 3 { // gone
				want.Unsettled = 0
			}
			if summary, err := r.run(t.Context(), i > 0); err != nil || summary != want {
				t.Errorf("run %d: %+v, %v", i+1, summary, err)
			}
		}
		if n != 4 {
			t.Errorf("sent %d times, want 4: gone is the end of it", n)
		}
	})

	t.Run("WaitsNoLongerWhenInterrupted", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 50)
		ctx, cancel := context.WithCancel(t.Context())
		r.cfg.Wait = func(ctx context.Context) error {
			cancel()
			<-ctx.Done()
			return ctx.Err()
		}
		if summary, err := r.run(ctx, false); !errors.Is(err, context.Canceled) || summary.NotSent != 50 {
			t.Errorf("%+v, %v", summary, err)
		}
		r.cfg.Wait = nil
		if summary, err := r.run(t.Context(), true); err != nil || summary.Accepted != 50 {
			t.Errorf("resumed: %+v, %v", summary, err)
		}
	})

	t.Run("KilledAfterSending", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 100)
		if _, err := r.run(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		// What a kill leaves: outcomes that did not reach the disk, a line cut off.
		content, err := os.ReadFile(r.path)
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.SplitAfter(content, []byte("\n"))
		var kept [][]byte
		lost := 0
		for _, line := range lines {
			if bytes.Contains(line, []byte(`"event":"outcome"`)) && lost < 30 {
				lost++
				continue
			}
			kept = append(kept, line)
		}
		text := append(bytes.Join(kept, nil), `{"event":"outco`...)
		if err := os.WriteFile(r.path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		summary, err := r.run(t.Context(), true)
		if want := (Summary{Accepted: 70, MaybeDeleted: 30}); err != nil || summary != want {
			t.Errorf("%+v, %v, want %+v: gone, and we may have done it", summary, err, want)
		}
		if summary, err := r.run(t.Context(), true); err != nil || summary.MaybeDeleted != 30 {
			t.Errorf("again: %+v, %v", summary, err)
		}
	})
}

// What another run settled follows what the last one did, each in the order of its
// answers.
func TestReportOrder(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 4)
	r.cfg.Concurrency = 1
	r.server.answer = func(id string, n int) Result {
		if n == 1 && (id == "c1" || id == "c3") {
			return Result{Outcome: Failed, Status: 500}
		}
		return Result{Outcome: Accepted, Status: 202}
	}
	for _, resume := range []bool{false, true} {
		if _, err := r.run(t.Context(), resume); err != nil {
			t.Fatal(err)
		}
	}
	j, err := ResumeJournal(t.Context(), r.path, header, census(t, r.text))
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	var got []string
	if err := j.Results(func(result Result) error { got = append(got, result.ID); return nil }); err != nil {
		t.Fatal(err)
	}
	if want := []string{"c1", "c3", "c0", "c2"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestReportAsJSON(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 2)
	if _, err := r.run(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	j, err := ResumeJournal(t.Context(), r.path, header, census(t, r.text))
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	var out bytes.Buffer
	if err := WriteReport(&out, j, true); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	slices.Sort(lines)
	if len(lines) != 2 || !strings.HasPrefix(lines[0], `{"id":"c0","outcome":"accepted","status":202,"attempts":1,"request_id":"r-c0","time":"`) {
		t.Errorf("got %q", lines)
	}
	if _, err := time.Parse(time.RFC3339, strings.TrimSuffix(strings.SplitN(lines[0], `"time":"`, 2)[1], `"}`)); err != nil {
		t.Error(err)
	}
}

// What is sent is what was counted. Where reading fails, the id that it cuts off
// may be another customer's.
func TestInputThatChanges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		in   io.Reader
		want string
	}{
		{"Longer", strings.NewReader("c1\nc2345\nc3\n"), "the input changed"},
		{"Shorter", strings.NewReader("c1\n"), "the input changed"},
		{"CutOff", io.MultiReader(strings.NewReader("c1\nc23"), iotest.ErrReader(errors.New("broken"))), "broken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRunner(t, 0)
			j, err := CreateJournal(r.path, header, census(t, "c1\nc2345\n"))
			if err != nil {
				t.Fatal(err)
			}
			err = Run(t.Context(), t.Context(), c.in, Format{}, j, r.server.erase, Config{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
			for id := range r.server.erased {
				if id != "c1" && id != "c2345" {
					t.Errorf("sent %s", id)
				}
			}
			if err := j.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Keys that are revoked in the middle of a run stop it; a service that is down for a
// while does not.
func TestRefusedInTheMiddle(t *testing.T) {
	t.Parallel()
	for status, stops := range map[int]bool{401: true, 403: true, 500: false} {
		r := newRunner(t, 1000)
		n := 0
		r.server.answer = func(string, int) Result {
			if n++; n <= 100 {
				return Result{Outcome: Accepted, Status: 202}
			}
			return Result{Outcome: Failed, Status: status}
		}
		summary, err := r.run(t.Context(), false)
		if errors.Is(err, ErrAllAlike) != stops || stops && summary.Failed > alike+8 {
			t.Errorf("%d: %+v, %v", status, summary, err)
		}
	}
}
