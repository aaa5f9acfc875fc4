package conformance

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/contract"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

const (
	maxWaits = 5
	maxWait  = 30 * time.Second
)

const (
	skipLimited = skipError("the target limits the rate of requests, and refused one although the suite waited as asked")
	skipInDoubt = skipError("a deletion got status 503 and was sent again: that its customer is gone then may be an effect of the first request")
)

// erase sends the one valid request for the customer, changed by the edits.
func (s *session) erase(ctx context.Context, id string, edits ...edit) response {
	return s.send(ctx, s.endpoint.http1, customerPath(id), edits...)
}

// send sends a request to a path below the base path, exactly as written, and judges the
// response. It does not follow redirects. If the target asks it to wait, it does, and sends
// the request again. Once the target has refused a request of the case nevertheless, the
// case is not judged, and nothing more is sent.
func (s *session) send(ctx context.Context, via http.RoundTripper, path string, edits ...edit) response {
	n, doubtful := s.number(), false
	for waits := 0; ; waits++ {
		if s.isLimited() {
			return response{Response: contract.Response{Missing: "not sent"}}
		}
		resp := s.sendOnce(ctx, via, path, n, edits...)
		wait, asked := resp.asksToWait(waits)
		switch {
		case !asked || ctx.Err() != nil:
			s.doubt(doubtful && resp.saysGone())
			return resp
		case waits == maxWaits || wait > maxWait:
			s.limit()
			return resp
		}
		// A limiter refuses before anything has happened; what is behind a 503 is not known.
		doubtful = doubtful || resp.StatusCode == http.StatusServiceUnavailable
		s.sleep(ctx, wait)
	}
}

func (s *session) sendOnce(ctx context.Context, via http.RoundTripper, path string, n int, edits ...edit) response {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	r, err := s.request(ctx, path, edits...)
	var sent *sentRequest
	if err == nil {
		sent, err = snapshot(r)
	}
	if err != nil { // not printed, because it quotes the URL
		s.found("request", contract.RuleNoResponse, "a request that cannot be sent", "a response", response{n: n})
		return response{Response: contract.Response{Missing: "not sent"}, n: n}
	}
	start := time.Now()
	resp := exchange(ctx, via, r)
	duration := time.Since(start)
	violations := s.checker.JudgeResponse(r, resp.Response)
	resp.n, sent.n, sent.response = n, n, resp
	sent.http2 = resp.protoMajor == 2 || !resp.received() && s.endpoint.onlyHTTP2(via)
	sent.valid = len(s.checker.JudgeRequest(r)) == 0
	// An id with unusual characters may be refused before the keys are checked, so the
	// response says nothing about them.
	usual := len(edits) == 0 && !strings.ContainsAny(path, "%;+")

	s.mu.Lock()
	defer s.mu.Unlock()
	s.record(sent)
	if _, asked := resp.asksToWait(0); asked { // a limiter stands before everything else
		violations = slices.DeleteFunc(violations, func(v contract.Violation) bool { return v.Rule == contract.RuleStatus })
	}
	for _, v := range violations {
		s.findings = append(s.findings, finding{v, []int{n}})
	}
	if r.Method == operationMethod {
		s.proof.accepted = s.proof.accepted || resp.accepted()
		s.proof.unclear = s.proof.unclear || sent.valid && (!resp.received() || resp.StatusCode >= 500)
	}
	if usual && resp.received() && sent.valid {
		s.statusesSeen[resp.StatusCode] = true
	}
	s.trace(sent, duration)
	return resp
}

// asksToWait reports whether the target asks to send a request again, and after which time:
// the Retry-After of a 429 or 503. Other 503s are for the cases to judge. A 429 says by
// itself that a request came too early, so without a time that can be read the suite waits
// 1 s, and twice as long each time after that.
func (r response) asksToWait(waits int) (time.Duration, bool) {
	if r.StatusCode != http.StatusTooManyRequests && r.StatusCode != http.StatusServiceUnavailable {
		return 0, false
	}
	limited := r.StatusCode == http.StatusTooManyRequests
	if values := r.Header.Values("Retry-After"); len(values) == 1 {
		if wait, ok := wire.ParseDelay(values[0]); ok {
			return wait, limited || wait <= maxWait
		}
	}
	return time.Second << waits, limited
}

func (s *session) isLimited() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.limited
}

// limit notes that the target refused a request of the case because of its rate.
func (s *session) limit() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limited = true
}

// doubt notes whether a customer of the case may be gone because of a request whose response
// hides that.
func (s *session) doubt(doubtful bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inDoubt = s.inDoubt || doubtful
}

// sleep waits for d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
