package erasure

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/api"
)

var errMissing = fmt.Errorf("begin: %w", &KeyMissingError{Key: "0a1b", Advice: "copy the newest key file there"})

// serviceWithLog returns a service whose clock stands at *at.
func serviceWithLog(t *testing.T, store *stubStore, at *time.Time) (*Service, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	s, err := NewService(store, noQueue, []Provider{stubProvider(mustNotErase)}, Config{
		Now: func() time.Time { return *at }, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, &log
}

// A missing key is a reason to wait, longer each time, and to say so once. No outcome is
// recorded.
func TestAttemptWithoutTheKey(t *testing.T) {
	t.Parallel()
	at := now
	store := &stubStore{begin: func(time.Time) (Attempt, error) { return Attempt{}, errMissing }}
	s, log := serviceWithLog(t, store, &at)
	for _, step := range []struct{ after, least, most time.Duration }{
		{0, minKeyWait / 2, minKeyWait},
		{time.Second, minKeyWait / 2, minKeyWait},
		{59 * time.Second, 15 * time.Second, 30 * time.Second},
		{9 * time.Minute, maxKeyWait / 2, maxKeyWait},
	} {
		at = at.Add(step.after)
		again, err := s.Attempt(t.Context(), "t1", noComplete)
		if wait := again.Sub(at); err != nil || wait < step.least || wait > step.most {
			t.Errorf("after %v: wait %v, %v; want %v to %v", at.Sub(now), wait, err, step.least, step.most)
		}
	}
	if len(store.finished) > 0 {
		t.Errorf("finished %+v", store.finished)
	}
	const want = `level=WARN msg="a master key is missing: what needs it waits" key=0a1b try="copy the newest key file there"`
	if strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), want) {
		t.Errorf("got the log %q, want %q once", log, want)
	}
	// After a while without it, the key counts as found.
	at = at.Add(time.Hour)
	if _, err := s.Attempt(t.Context(), "t1", noComplete); err != nil || strings.Count(log.String(), want) != 2 {
		t.Errorf("got the log %q, %v; want the warning again", log, err)
	}
}

// An outcome whose progress cannot be sealed waits, too. The attempt is made again.
func TestFinishWithoutTheKey(t *testing.T) {
	t.Parallel()
	at := now
	store := &stubStore{
		begin:  func(time.Time) (Attempt, error) { return attemptAt("other"), nil },
		finish: func(context.Context) error { return errMissing },
	}
	s, _ := serviceWithLog(t, store, &at)
	if again, err := s.Attempt(t.Context(), "t1", noComplete); err != nil || !again.After(at) {
		t.Errorf("again %v, %v; want a later time", again, err)
	}
}

// A delete that needs a key which this process lacks is for another process, or for later.
func TestDeleteWithoutTheKey(t *testing.T) {
	t.Parallel()
	at := now
	s, log := serviceWithLog(t, &stubStore{accept: func(AcceptRequest) (Erasure, error) { return Erasure{}, errMissing }}, &at)
	for _, wait := range []string{"1", "30"} {
		response, err := s.DeleteCustomer(t.Context(), api.DeleteCustomerRequestObject{})
		if err != nil {
			t.Fatal(err)
		}
		recorder := httptest.NewRecorder()
		if err := response.VisitDeleteCustomerResponse(recorder); err != nil {
			t.Fatal(err)
		}
		const body = `{"code":"SERVICE_UNAVAILABLE","messages":["This server waits for a master key. Try again."]}`
		if recorder.Code != http.StatusServiceUnavailable || recorder.Header().Get("Retry-After") != wait || strings.TrimSpace(recorder.Body.String()) != body {
			t.Errorf("got %d, Retry-After %q, %s; want 503, %s", recorder.Code, recorder.Header().Get("Retry-After"), recorder.Body, wait)
		}
		at = at.Add(9 * time.Minute)
	}
	if strings.Count(log.String(), "level=WARN") != 1 {
		t.Errorf("got the log %q, want one warning", log)
	}
}
