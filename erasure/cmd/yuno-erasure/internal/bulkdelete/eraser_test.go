package bulkdelete

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// answering is a client of a server that gives these answers, the last of them for
// good, and how often it was asked.
func answering(t *testing.T, pace *bulk.Pace, answers ...http.HandlerFunc) (*client.Client, *atomic.Int64) {
	t.Helper()
	asked := new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := int(asked.Add(1))
		answers[min(n, len(answers))-1](w, r)
	}))
	t.Cleanup(server.Close)
	creds := client.Credentials(sandbox.New(t).Credentials())
	yuno, err := client.New(creds, client.WithBaseURL(server.URL+"/v1"), client.WithMiddleware(reportOverload(pace)))
	if err != nil {
		t.Fatal(err)
	}
	return yuno, asked
}

func answer(status int, code, retryAfter string) http.HandlerFunc {
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
	t.Run("WhatMayHaveBeenAcceptedIsNotForgotten", func(t *testing.T) {
		t.Parallel()
		pace := bulk.NewPace(0)
		down := answer(503, "UNAVAILABLE", "0")
		yuno, asked := answering(t, pace, down, down, down, answer(400, "CUSTOMER_NOT_FOUND", ""))
		r := eraser(t.Context(), yuno, pace)(t.Context(), "c1")
		if r.Outcome != bulk.MaybeDeleted || r.Code != "CUSTOMER_NOT_FOUND" || r.Attempts != 4 || asked.Load() != 4 {
			t.Errorf("%+v, asked %d times", r, asked.Load())
		}
	})
	t.Run("GivesUp", func(t *testing.T) {
		t.Parallel()
		pace := bulk.NewPace(0)
		yuno, asked := answering(t, pace, answer(429, "TOO_MANY_REQUESTS", ""))
		r := eraser(t.Context(), yuno, pace)(t.Context(), "c1")
		if r.Outcome != bulk.Failed || asked.Load() != 9 || r.Attempts != 9 {
			t.Errorf("%+v, asked %d times", r, asked.Load())
		}
	})
	t.Run("WaitsNoLongerWhenInterrupted", func(t *testing.T) {
		t.Parallel()
		pace := bulk.NewPace(0)
		run, interrupt := context.WithCancel(t.Context())
		yuno, _ := answering(t, pace, func(w http.ResponseWriter, r *http.Request) {
			answer(429, "TOO_MANY_REQUESTS", "99999999999")(w, r)
			time.AfterFunc(100*time.Millisecond, interrupt)
		})
		cut, end := context.WithTimeout(t.Context(), 5*time.Second)
		defer end()
		if r := eraser(run, yuno, pace)(cut, "c1"); r.Outcome != bulk.Failed || r.Status != 429 || cut.Err() != nil {
			t.Errorf("%+v, %v", r, cut.Err())
		}
	})
	t.Run("ReportsOverloadThatTheClientGotOver", func(t *testing.T) {
		t.Parallel()
		pace := bulk.NewPace(0)
		yuno, _ := answering(t, pace, answer(503, "UNAVAILABLE", ""), answer(202, "", ""))
		if r := eraser(t.Context(), yuno, pace)(t.Context(), "c1"); r.Outcome != bulk.Accepted {
			t.Errorf("%+v", r)
		}
		if _, limited := pace.Rate(); !limited {
			t.Error("the pace was not told")
		}
	})
	t.Run("CodeThatIsNone", func(t *testing.T) {
		t.Parallel()
		for text, want := range map[string]string{
			"NOT_ACTIVE": "NOT_ACTIVE", "A\x1b[2J\u202eB": "A?[2J?B", strings.Repeat("é", 40): strings.Repeat("é", 32) + "…",
		} {
			if got := codeOf(&client.Error{Response: client.Response{StatusCode: 403}, Code: text}); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	})
	t.Run("CodeOfNoAnswer", func(t *testing.T) {
		t.Parallel()
		if got := codeOf(&client.Error{Err: context.DeadlineExceeded}); got != "timeout" {
			t.Errorf("got %s", got)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "-1": 0, "soon": 0, "99999999999": 0,
		time.Now().Add(time.Hour).UTC().Format(http.TimeFormat):  time.Hour,
		time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat): 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {value}}); got < want-5*time.Second || got > want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}
