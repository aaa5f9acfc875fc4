package conformance

import (
	"fmt"
	"net/http"
	"time"
)

// A Trace describes a request of a run when it is over, for people who watch the run. As in a
// [Report], variables stand for keys, account codes and the ids of customers.
type Trace struct {
	Case     string
	N        int // the place of the request among those of the case, from 1
	Method   string
	Path     string        // below the base path, with its query
	Status   int           // 0 if there was no response
	Code     string        // in the body of a response, if it is a documented one
	Missing  string        // why there was no response
	Duration time.Duration // until the response was read
}

// String returns the trace on one line.
func (t Trace) String() string {
	ending := t.Missing
	if t.Status != 0 {
		ending = fmt.Sprintf("%d %s", t.Status, http.StatusText(t.Status))
	}
	if t.Code != "" {
		ending += " " + t.Code
	}
	return fmt.Sprintf("%s #%d: %s %s: %s, %v", t.Case, t.N, t.Method, t.Path, ending, t.Duration.Round(10*time.Microsecond))
}

// trace tells about a request. The caller holds s.mu.
func (s *session) trace(sent *sentRequest, duration time.Duration) {
	if s.onTrace == nil {
		return
	}
	c := curl{s.endpoint, newPlaceholders(s.target.Credentials, s.target.SecondAccount, s.persons())}
	t := Trace{
		Case: s.caseName, N: sent.n, Method: sent.method, Path: c.placeholders.mask(c.path(sent), true).plain(),
		Status: sent.response.StatusCode, Missing: sent.response.Missing, Duration: duration,
	}
	if code := codeName(sent.response.code); code == sent.response.code {
		t.Code = code
	}
	s.onTrace(t)
}
