package provider

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

const (
	// maxResponseBody is how much of a response body is read, in bytes.
	maxResponseBody = 64 << 10
	// maxRetryAfter bounds the wait that a provider can ask for, so that no
	// response postpones an erasure beyond its deadline.
	maxRetryAfter = 24 * time.Hour
	// maxDeferral bounds the date of a deferral. It is beyond every deadline, which the
	// service has to see.
	maxDeferral = 10 * 365 * 24 * time.Hour
)

// response is what a provider sent, kept only until it has been judged.
type response struct {
	status   int
	header   http.Header
	body     []byte
	tooLarge bool // the body exceeded maxResponseBody and was dropped
	now      time.Time

	decoded bool // root and isJSON are set
	root    any  // the decoded body; nil if it is not JSON
	isJSON  bool
}

// readResponse reads a response completely. A body that is cut off is an error,
// whatever the status is.
func readResponse(resp *http.Response) (*response, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxResponseBody+1))
	if err != nil {
		return nil, err
	}
	r := &response{status: resp.StatusCode, header: resp.Header, body: body, now: time.Now()}
	if len(body) > maxResponseBody {
		r.tooLarge, r.body = true, nil
	}
	return r, nil
}

// judge applies the rules in order, then those that apply to every provider.
func (r *response) judge(rules ...[]rule) erasure.Outcome {
	for _, list := range rules {
		for _, rule := range list {
			if rule.matches(r) {
				return r.outcome(rule.then)
			}
		}
	}
	switch {
	case r.status == http.StatusUnauthorized || r.status == http.StatusForbidden:
		return r.outcome(verdict{kind: erasure.OutcomeActionRequired, reason: "key_refused"})
	case r.status == http.StatusNotFound || r.status == http.StatusGone:
		return r.outcome(verdict{kind: erasure.OutcomeActionRequired, reason: "not_found_unconfirmed"})
	case r.status == http.StatusTooManyRequests:
		return r.outcome(verdict{kind: erasure.OutcomeRetry, reason: "rate_limited"})
	case r.status >= 500 || r.status == http.StatusRequestTimeout || r.status == http.StatusTooEarly:
		return r.outcome(verdict{kind: erasure.OutcomeRetry, reason: "http_" + strconv.Itoa(r.status)})
	case r.tooLarge:
		return r.outcome(verdict{kind: erasure.OutcomeRetry, reason: "answer_too_large"})
	case r.status >= 200 && r.status < 300:
		return r.outcome(verdict{kind: erasure.OutcomeRetry, reason: "unexpected_answer"})
	}
	return r.outcome(verdict{kind: erasure.OutcomeRetry, reason: "unexpected_status"})
}

func (r *response) outcome(v verdict) erasure.Outcome {
	outcome := erasure.Outcome{Kind: v.kind, Reason: v.reason, Status: r.status, Wait: v.wait}
	asked, ok := wire.ParseRetryAfter(r.header.Get("Retry-After"), r.now)
	switch {
	case !ok:
	case v.kind == erasure.OutcomeRetry:
		outcome.After = min(asked, maxRetryAfter)
	case v.kind == erasure.OutcomeDeferred:
		outcome.Until = r.now.Add(min(asked, maxDeferral))
	}
	return outcome
}

// lookup returns the value at a path of a JSON body. ok is false if there is none.
func (r *response) lookup(path []string) (any, bool) {
	if !r.decoded {
		r.decoded = true
		r.root, r.isJSON = decodeJSON(r.body)
	}
	if !r.isJSON {
		return nil, false
	}
	at := r.root
	for _, key := range path {
		switch parent := at.(type) {
		case map[string]any:
			child, ok := parent[key]
			if !ok {
				return nil, false
			}
			at = child
		case []any:
			i, err := strconv.ParseUint(key, 10, 16)
			if err != nil || i >= uint64(len(parent)) {
				return nil, false
			}
			at = parent[i]
		default:
			return nil, false
		}
	}
	return at, true
}

// decodeJSON decodes exactly one document. Numbers stay as written.
func decodeJSON(body []byte) (any, bool) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var root any
	if err := decoder.Decode(&root); err != nil {
		return nil, false
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, false
	}
	return root, true
}
