package bulk

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

func TestResume(t *testing.T) {
	t.Parallel()

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
				return Result{Outcome: NotFound, Status: 400, Code: wire.CodeCustomerNotFound}
			case id == "c3":
				return Result{Outcome: MaybeDeleted, Status: 400, Code: wire.CodeCustomerNotFound} // gone after a lost response
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

	t.Run("AmbiguityIsNotForgotten", func(t *testing.T) {
		t.Parallel()
		r := newRunner(t, 1)
		responses := []Result{
			{Outcome: MaybeDeleted, Status: 504},
			{Outcome: Failed, Status: 401, Code: "INVALID_CREDENTIALS"},
			{Outcome: MaybeDeleted, Status: 401},
			{Outcome: NotFound, Status: 400, Code: wire.CodeCustomerNotFound},
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
