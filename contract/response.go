package contract

import (
	"bytes"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// judge says what is wrong with an answer, and counts it if nothing is.
//
// A request of a documented operation gets one of its documented answers; one
// that breaks a rule of the contract gets one that is not a success. What a request
// to another path or with another method gets is judged under Strict
// only: the specification does not speak of it.
func (c *Checker) judge(in inspected, a Response) []Violation {
	j := judgement{words: c.doc.words, operation: noOperation, maxBody: c.maxBody}
	if in.matched {
		j.operation = in.op.id
	}
	if a.Missing != "" {
		if in.matched || c.strict {
			j.found("response", RuleNoResponse, a.Missing, "a response")
		}
		return j.violations
	}
	j.keysEchoed(in.keys, a)

	switch {
	case in.matched:
		documented := in.op.responses[a.StatusCode]
		if documented == nil {
			j.found("response status", RuleStatus, strconv.Itoa(a.StatusCode), in.op.statuses)
			break
		}
		if rule, broken := in.breaks(c.strict); broken && a.StatusCode < 300 {
			j.found("response status", RuleAccepted, strconv.Itoa(a.StatusCode)+" to a request that breaks "+string(rule), "a refusal")
		}
		j.body(in.method, documented.schema, a)
	case c.strict && in.op != nil:
		if a.StatusCode != http.StatusMethodNotAllowed {
			j.found("response status", RuleStatus, strconv.Itoa(a.StatusCode), strconv.Itoa(http.StatusMethodNotAllowed))
		} else {
			j.body(in.method, c.doc.errorBody, a)
		}
	case c.strict:
		if a.StatusCode < 400 {
			j.found("response status", RuleStatus, strconv.Itoa(a.StatusCode), "an error status")
		} else {
			j.body(in.method, c.doc.errorBody, a)
		}
	}
	if c.strict {
		j.promises(a)
	}
	if len(j.violations) == 0 && in.op != nil {
		if documented := in.op.responses[a.StatusCode]; documented != nil && (in.matched || c.strict) {
			documented.seen.Add(1)
		}
	}
	return j.violations
}

// judgement collects what is wrong with one answer.
type judgement struct {
	operation  string
	words      map[string]bool // keys that may be printed
	maxBody    int
	violations []Violation
}

func (j *judgement) found(place string, rule Rule, found, expected string) {
	j.violations = append(j.violations, Violation{j.operation, place, rule, found, expected})
}

// body judges presence, media type and content. kin-openapi's filter looks at
// none of them when no content is documented, for any 3xx, or for HEAD.
func (j *judgement) body(method string, schema jsonSchema, a Response) {
	switch {
	case method == http.MethodHead:
		return // never has one; net/http drops what a handler writes
	case len(a.Body) > j.maxBody:
		j.found("response body", RuleBodyTooLarge, "more than "+strconv.Itoa(j.maxBody)+" bytes", "less")
		return
	case a.Truncated:
		j.found("response body", RuleTruncated, "not as many bytes as announced", "the announced length")
		return
	case schema == nil:
		if len(a.Body) > 0 {
			j.found("response body", RuleBodyUnexpected, strconv.Itoa(len(a.Body))+" bytes", "no body")
		}
		return
	}
	j.contentType(a.Header.Values("Content-Type"))
	if len(a.Body) == 0 {
		j.found("response body", RuleBodyMissing, "no body", "one JSON value")
		return
	}
	j.json(schema, a.Body)
}

func (j *judgement) contentType(values []string) {
	const want = "application/json"
	if len(values) == 0 {
		// net/http guesses one, and never guesses JSON.
		j.found("response header Content-Type", RuleContentType, "no header", want)
		return
	}
	if len(values) > 1 {
		j.found("response header Content-Type", RuleContentType, strconv.Itoa(len(values))+" values", want)
		return
	}
	mediaType := values[0]
	if mediaType == want {
		return
	}
	mediaType, _, err := mime.ParseMediaType(mediaType)
	switch {
	case err != nil:
		j.found("response header Content-Type", RuleContentType, "a malformed value", want)
	case mediaType != want:
		j.found("response header Content-Type", RuleContentType, mediaName(mediaType), want)
	}
}

// mediaName returns a media type for printing; an unknown one may be anything.
func mediaName(mediaType string) string {
	switch mediaType {
	case "application/problem+json", "application/xml", "application/octet-stream", "application/jsonp",
		"text/plain", "text/html", "text/xml", "text/json", "text/x-json":
		return mediaType
	}
	return "another media type"
}

// keysEchoed looks for the request's keys in the answer. No schema forbids it;
// it is wrong all the same, because answers are logged where keys must not be.
func (j *judgement) keysEchoed(keys []string, a Response) {
	for _, key := range keys {
		if bytes.Contains(a.Body, []byte(key)) {
			j.found("response body", RuleKeyEchoed, "a key of the request", "no key")
		}
		for _, values := range a.Header {
			for _, value := range values {
				if strings.Contains(value, key) {
					j.found("a response header", RuleKeyEchoed, "a key of the request", "no key")
				}
			}
		}
	}
}

// internalText is, in lower case, what error texts of Go programs and databases have in
// common. It is a list of known leaks, not a proof that there is none.
var internalText = []string{
	"goroutine ", "panic:", "runtime error:", ".go:", "sql:", "sqlstate", "sqlite:", "sqlite3:", "pgx:", "postgres:", "pq:",
	"dial tcp", "connection refused", "context deadline exceeded", "context canceled", "postgres://", "mysql://", "redis://", "amqp://",
}

func hasInternalText(body []byte) bool {
	lower := bytes.ToLower(body)
	for _, text := range internalText {
		if bytes.Contains(lower, []byte(text)) {
			return true
		}
	}
	return false
}

// promises judges what Strict promises beyond the schemas.
func (j *judgement) promises(a Response) {
	switch a.StatusCode {
	case http.StatusMethodNotAllowed:
		if a.Header.Get("Allow") == "" { // RFC 9110 section 15.5.6
			j.found("response header Allow", RuleAllow, "no header", "the methods that are allowed")
		}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		seconds, err := strconv.Atoi(a.Header.Get("Retry-After"))
		if err != nil || seconds < 0 {
			j.found("response header Retry-After", RuleRetryAfter, "no number", "whole seconds")
		}
	}
	if a.StatusCode >= 400 && hasInternalText(a.Body) {
		j.found("response body", RuleInternalText, "text of an internal error", "text for the caller")
	}
}
