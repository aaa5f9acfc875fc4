package bulkdelete

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// newClient returns a client of a service with these responses, of which it repeats the
// last, and the number of requests.
func newClient(t *testing.T, creds client.Credentials, pace *bulk.Pace, responses ...http.HandlerFunc) (*client.Client, *atomic.Int64) {
	t.Helper()
	requests := new(atomic.Int64)
	service := roundTripper(func(r *http.Request) (*http.Response, error) {
		n := int(requests.Add(1))
		w := httptest.NewRecorder()
		responses[min(n, len(responses))-1](w, r)
		return w.Result(), nil
	})
	yuno, err := client.New(creds, client.WithHTTPClient(&http.Client{Transport: service}), client.WithMiddleware(reportOverload(pace)))
	if err != nil {
		t.Fatal(err)
	}
	return yuno, requests
}

func respond(status int, code, retryAfter string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"code":"` + code + `","messages":["x"]}`))
	}
}

func TestEraser(t *testing.T) {
	t.Parallel()
	creds := sandbox.New(t).Credentials()
	t.Run("RemembersWhatMayHaveBeenAccepted", func(t *testing.T) {
		t.Parallel()
		pace := bulk.NewPace(0)
		down := respond(503, "UNAVAILABLE", "0")
		yuno, requests := newClient(t, creds, pace, down, down, down, respond(400, "CUSTOMER_NOT_FOUND", ""))
		r := eraser(t.Context(), yuno, pace)(t.Context(), "c1")
		if r.Outcome != bulk.MaybeDeleted || r.Code != "CUSTOMER_NOT_FOUND" || r.Attempts != 4 || requests.Load() != 4 {
			t.Errorf("%+v, %d requests", r, requests.Load())
		}
	})
	t.Run("GivesUp", func(t *testing.T) {
		t.Parallel()
		pace := bulk.NewPace(0)
		yuno, requests := newClient(t, creds, pace, respond(429, "TOO_MANY_REQUESTS", ""))
		r := eraser(t.Context(), yuno, pace)(t.Context(), "c1")
		if r.Outcome != bulk.Failed || requests.Load() != 9 || r.Attempts != 9 {
			t.Errorf("%+v, %d requests", r, requests.Load())
		}
	})
	t.Run("LeavesAnOutageToTheRun", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			pace := bulk.NewPace(0)
			yuno, requests := newClient(t, creds, pace, respond(429, "TOO_MANY_REQUESTS", "600"))
			run, interrupt := context.WithCancel(t.Context())
			erase := eraser(run, yuno, pace)
			var waiting sync.WaitGroup
			var gaveUp atomic.Int64
			for range overloadInRow {
				waiting.Go(func() {
					erase(t.Context(), "c1")
					gaveUp.Add(1)
				})
			}
			synctest.Wait() // each has its response, and waits
			if requests.Load() != overloadInRow || gaveUp.Load() > 0 {
				t.Fatalf("%d requests, want %d; %d gave up, want none", requests.Load(), overloadInRow, gaveUp.Load())
			}
			if r := erase(t.Context(), "c1"); r.Attempts != 1 || r.RetryAfter != 10*time.Minute {
				t.Errorf("%+v", r)
			}
			interrupt()
			waiting.Wait()
		})
	})
	t.Run("StopsWaitingWhenInterrupted", func(t *testing.T) {
		t.Parallel()
		pace := bulk.NewPace(0)
		run, interrupt := context.WithCancel(t.Context())
		yuno, _ := newClient(t, creds, pace, func(w http.ResponseWriter, r *http.Request) {
			respond(429, "TOO_MANY_REQUESTS", "99999999999")(w, r)
			time.AfterFunc(100*time.Millisecond, interrupt)
		})
		cut, end := context.WithTimeout(t.Context(), await.Patience)
		defer end()
		if r := eraser(run, yuno, pace)(cut, "c1"); r.Outcome != bulk.Failed || r.Status != 429 || cut.Err() != nil {
			t.Errorf("%+v, %v", r, cut.Err())
		}
	})
	t.Run("ReportsOverloadThatTheClientRetried", func(t *testing.T) {
		t.Parallel()
		pace := bulk.NewPace(0)
		yuno, _ := newClient(t, creds, pace, respond(503, "UNAVAILABLE", ""), respond(202, "", ""))
		if r := eraser(t.Context(), yuno, pace)(t.Context(), "c1"); r.Outcome != bulk.Accepted {
			t.Errorf("%+v", r)
		}
		if _, limited := pace.Rate(); !limited {
			t.Error("the pace was not slowed")
		}
	})
	t.Run("UnprintableCode", func(t *testing.T) {
		t.Parallel()
		for text, want := range map[string]string{
			"NOT_ACTIVE": "NOT_ACTIVE", "A\x1b[2J\u202eB": "A?[2J?B", strings.Repeat("é", 40): strings.Repeat("é", 32) + "…",
		} {
			if got := codeOf(&client.Error{Response: client.Response{StatusCode: 403}, Code: text}); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	})
	t.Run("CodeWithoutResponse", func(t *testing.T) {
		t.Parallel()
		if got := codeOf(&client.Error{Err: context.DeadlineExceeded}); got != "timeout" {
			t.Errorf("got %s", got)
		}
	})
}
