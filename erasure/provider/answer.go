package provider

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

const (
	// maxAnswer bounds what is read of an answer, in bytes.
	maxAnswer = 64 << 10
	// maxRetryAfter bounds the wait that a provider can ask for, so that no
	// answer parks an erasure beyond its deadline.
	maxRetryAfter = 24 * time.Hour
)

// answer is what came back, held only until it has been judged.
type answer struct {
	status   int
	header   http.Header
	body     []byte
	tooLarge bool // the body is not all of it
	now      time.Time

	decoded bool
	root    any // what body decodes to; nil when it is not JSON
	isJSON  bool
}

// readAnswer reads an answer whole: one that breaks off is no answer, whatever
// its status says.
func readAnswer(response *http.Response) (*answer, error) {
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return nil, err
	}
	a := &answer{status: response.StatusCode, header: response.Header, body: body, now: time.Now()}
	if len(body) > maxAnswer {
		a.tooLarge, a.body = true, nil
	}
	return a, nil
}

// judge applies the rules in order, then those that hold for every provider.
func (a *answer) judge(rules ...[]rule) erasure.Outcome {
	for _, list := range rules {
		for _, r := range list {
			if r.matches(a) {
				return a.outcome(r.then)
			}
		}
	}
	switch {
	case a.status == http.StatusUnauthorized || a.status == http.StatusForbidden:
		return a.outcome(verdict{kind: erasure.OutcomeActionRequired, reason: "key_refused"})
	case a.status == http.StatusNotFound || a.status == http.StatusGone:
		return a.outcome(verdict{kind: erasure.OutcomeActionRequired, reason: "not_found_unconfirmed"})
	case a.status == http.StatusTooManyRequests:
		return a.outcome(verdict{kind: erasure.OutcomeRetry, reason: "rate_limited"})
	case a.status >= 500 || a.status == http.StatusRequestTimeout || a.status == http.StatusTooEarly:
		return a.outcome(verdict{kind: erasure.OutcomeRetry, reason: "http_" + strconv.Itoa(a.status)})
	case a.tooLarge:
		return a.outcome(verdict{kind: erasure.OutcomeRetry, reason: "answer_too_large"})
	case a.status >= 200 && a.status < 300:
		return a.outcome(verdict{kind: erasure.OutcomeRetry, reason: "unexpected_answer"})
	}
	return a.outcome(verdict{kind: erasure.OutcomeRetry, reason: "unexpected_status"})
}

func (a *answer) outcome(v verdict) erasure.Outcome {
	outcome := erasure.Outcome{Kind: v.kind, Reason: v.reason, Status: a.status}
	wait := v.wait
	if asked, ok := retryAfter(a.header.Get("Retry-After"), a.now); ok {
		wait = asked
	}
	switch v.kind {
	case erasure.OutcomeRetry:
		outcome.After = wait
	case erasure.OutcomeDeferred:
		outcome.Until = a.now.Add(wait)
	}
	return outcome
}

// lookup finds a place in a JSON body; ok is false where there is none.
func (a *answer) lookup(path []string) (any, bool) {
	if !a.decoded {
		a.decoded = true
		a.root, a.isJSON = decodeJSON(a.body)
	}
	if !a.isJSON {
		return nil, false
	}
	at := a.root
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

// decodeJSON accepts one document and nothing after it. Numbers stay as written.
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

// retryAfter reads a Retry-After value (RFC 9110, section 10.2.3): seconds, or
// an HTTP date. The result is between zero and maxRetryAfter. Decimals are not
// in the RFC but servers send them; a value that is neither is not there.
func retryAfter(value string, now time.Time) (time.Duration, bool) {
	value = strings.TrimSpace(value)
	if value == "" {
		return 0, false
	}
	if value[0] >= '0' && value[0] <= '9' { // keeps ParseFloat from "-1", "nan" and "inf"
		seconds, err := strconv.ParseFloat(value, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return 0, false
		}
		// Compared as a number: as a Duration it could have overflowed.
		return time.Duration(math.Min(seconds, maxRetryAfter.Seconds()) * float64(time.Second)), true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return min(max(0, date.Sub(now)), maxRetryAfter), true
}
