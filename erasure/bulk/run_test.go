package bulk

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestRun(t *testing.T) {
	t.Parallel()

	t.Run("EveryIDOnce", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 1000)
		r.text += "c5\na/b\nc7\n" // a duplicate, an invalid one, a duplicate
		var observed int
		r.options.Observe = func(Result) { observed++ }
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

	t.Run("StopsWhenTheFirstHaveTheSameOutcome", func(t *testing.T) {
		t.Parallel()
		for _, response := range []Result{{Outcome: Failed, Status: 401, Code: "INVALID_CREDENTIALS"}, {Outcome: NotFound, Status: 400, Code: "CUSTOMER_NOT_FOUND"}} {
			r := newRunner(t, 1000)
			r.server.respond = func(string, int) Result { return response }
			summary, err := r.run(t.Context(), false)
			if !errors.Is(err, ErrSameOutcome) || !strings.Contains(err.Error(), response.Code) || summary.NotSent < 900 {
				t.Errorf("%+v, %v", summary, err)
			}
			r = newRunner(t, 100)
			r.server.respond, r.options.KeepGoing = func(string, int) Result { return response }, true
			if summary, err := r.run(t.Context(), false); err != nil || summary.NotSent != 0 {
				t.Errorf("keeping going: %+v, %v", summary, err)
			}
		}
	})

	t.Run("GoneOnesProveTheKeys", func(t *testing.T) {
		t.Parallel()
		for _, c := range []struct {
			response Result
			stops    bool
		}{
			{Result{Outcome: MaybeDeleted, Status: 400, Code: codeNotFound}, false},
			{Result{Outcome: MaybeDeleted, Status: 500, Code: "INTERNAL_ERROR"}, true},
			{Result{Outcome: MaybeDeleted, Status: 502, Code: codeNotFound}, true},
		} {
			r := newRunner(t, 100)
			r.server.respond = func(string, int) Result { return c.response }
			if _, err := r.run(t.Context(), false); errors.Is(err, ErrSameOutcome) != c.stops {
				t.Errorf("%+v: %v", c.response, err)
			}
		}
	})

	t.Run("GoneOnesAreNotFailures", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 100)
		r.options.MaxFailures = 5
		r.server.respond = func(string, int) Result { return Result{Outcome: MaybeDeleted, Status: 400, Code: codeNotFound} }
		if summary, err := r.run(t.Context(), false); err != nil || summary.MaybeDeleted != 100 {
			t.Errorf("%+v, %v", summary, err)
		}
	})

	t.Run("OneThatDiffersDoesNotStop", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 100)
		r.server.respond = func(id string, _ int) Result {
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
		r.options.MaxFailures = 5
		n := 0
		r.server.respond = func(string, int) Result {
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
		r.options.Observe = func(Result) {
			if n++; n == 100 {
				cancel()
			}
		}
		summary, err := r.run(ctx, false)
		if !errors.Is(err, context.Canceled) || summary.Accepted < 100 || summary.NotSent == 0 || summary.Accepted+summary.NotSent != 500 {
			t.Fatalf("%+v, %v", summary, err)
		}
		r.options.Observe = nil
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

	t.Run("FailedOnesAreSentAgainOnResume", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 10)
		r.server.respond = func(id string, n int) Result {
			switch {
			case id == "c1" && n == 1:
				return Result{Outcome: Failed, Status: 500}
			case id == "c2" && n == 1:
				return Result{Outcome: MaybeDeleted} // no response
			case id == "c2":
				return Result{Outcome: NotFound, Status: 400, Code: codeNotFound}
			case id == "c3":
				return Result{Outcome: MaybeDeleted, Status: 400, Code: codeNotFound} // gone after a lost response
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

	// What may have been accepted stays ambiguous until it is known to be gone.
	t.Run("AmbiguityIsNotForgotten", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 1)
		responses := []Result{
			{Outcome: MaybeDeleted, Status: 504},
			{Outcome: Failed, Status: 401, Code: "INVALID_CREDENTIALS"},
			{Outcome: MaybeDeleted, Status: 401},
			{Outcome: NotFound, Status: 400, Code: codeNotFound},
			{Outcome: Failed}, // never reached
		}
		n := 0
		r.server.respond = func(string, int) Result { n++; return responses[n-1] }
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
			t.Errorf("sent %d times, want 4: nothing follows gone", n)
		}
	})

	t.Run("StopsWaitingWhenInterrupted", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 50)
		ctx, cancel := context.WithCancel(t.Context())
		r.options.Wait = func(ctx context.Context) error {
			cancel()
			<-ctx.Done()
			return ctx.Err()
		}
		if summary, err := r.run(ctx, false); !errors.Is(err, context.Canceled) || summary.NotSent != 50 {
			t.Errorf("%+v, %v", summary, err)
		}
		r.options.Wait = nil
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
		// A kill leaves outcomes that did not reach the disk, and an incomplete line.
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

// The results of earlier runs follow those of the last one, each in the order in which
// they arrived.
func TestReportOrder(t *testing.T) {
	t.Parallel()
	r := newRunner(t, 4)
	r.options.Concurrency = 1
	r.server.respond = func(id string, n int) Result {
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
	job := r.prepare(true)
	var got []string
	if err := job.Results(func(result Result) error { got = append(got, result.ID); return nil }); err != nil {
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
	job := r.prepare(true)
	var out bytes.Buffer
	if err := job.WriteReport(&out, ReportJSONL); err != nil {
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

// Only what was scanned is sent. Where reading fails, the id that is cut off may be
// another customer's.
func TestListThatChanges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		in   io.Reader
		want string
	}{
		{"Longer", strings.NewReader("c1\nc2345\nc3\n"), "the list changed"},
		{"Shorter", strings.NewReader("c1\n"), "the list changed"},
		{"CutOff", io.MultiReader(strings.NewReader("c1\nc23"), iotest.ErrReader(errors.New("broken"))), "broken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRunner(t, 0)
			readers := []io.Reader{strings.NewReader("c1\nc2345\n"), c.in}
			source := func() (io.Reader, error) {
				next := readers[0]
				readers = readers[1:]
				return next, nil
			}
			list, err := Scan(t.Context(), source, Format{}, checkForTests)
			if err != nil {
				t.Fatal(err)
			}
			job, err := Prepare(t.Context(), list, optionsFor(r.path, false))
			if err != nil {
				t.Fatal(err)
			}
			defer closeJob(t, job)
			err = job.Run(t.Context(), r.server.erase, RunOptions{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
			for id := range r.server.erased {
				if id != "c1" && id != "c2345" {
					t.Errorf("sent %s", id)
				}
			}
		})
	}
}

// Keys that are revoked during a run stop it; a service that is down for a while does
// not.
func TestRefusedDuringARun(t *testing.T) {
	t.Parallel()
	for status, stops := range map[int]bool{401: true, 403: true, 500: false} {
		r := newRunner(t, 1000)
		n := 0
		r.server.respond = func(string, int) Result {
			if n++; n <= 100 {
				return Result{Outcome: Accepted, Status: 202}
			}
			return Result{Outcome: Failed, Status: status}
		}
		summary, err := r.run(t.Context(), false)
		if errors.Is(err, ErrSameOutcome) != stops || stops && summary.Failed > sameOutcomeLimit+8 {
			t.Errorf("%d: %+v, %v", status, summary, err)
		}
	}
}
