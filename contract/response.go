package contract

import (
	"bytes"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// judge returns what is wrong with a response, and counts it if that is nothing.
//
// A request of an operation gets one of its documented responses, and no success if it
// breaks a rule. A request to another path or with another method is judged with
// WithStrict only, because the specification says nothing about those.
func (c *Checker) judge(in inspected, resp Response) []Violation {
	j := judgement{words: c.doc.words, operation: noOperation, maxBody: c.maxBody}
	if in.matched {
		j.operation = in.op.id
	}
	if resp.Missing != "" {
		if in.matched || c.strict {
			j.found("response", RuleNoResponse, resp.Missing, "a response")
		}
		return j.violations
	}
	j.keysEchoed(in.keys, resp)

	switch {
	case in.matched:
		documented := in.op.responses[resp.StatusCode]
		if documented == nil {
			j.found("response status", RuleStatus, strconv.Itoa(resp.StatusCode), in.op.statuses)
			break
		}
		if rule, broken := in.breaks(c.strict); broken && resp.StatusCode < 300 {
			j.found("response status", RuleAccepted, strconv.Itoa(resp.StatusCode)+" to a request that breaks "+string(rule), "a refusal")
		}
		j.body(in.method, documented.schema, resp)
	case c.strict && in.op != nil:
		if resp.StatusCode != http.StatusMethodNotAllowed {
			j.found("response status", RuleStatus, strconv.Itoa(resp.StatusCode), strconv.Itoa(http.StatusMethodNotAllowed))
		} else {
			j.body(in.method, c.doc.errorBody, resp)
		}
	case c.strict:
		if resp.StatusCode < 400 {
			j.found("response status", RuleStatus, strconv.Itoa(resp.StatusCode), "an error status")
		} else {
			j.body(in.method, c.doc.errorBody, resp)
		}
	}
	if c.strict {
		j.promises(resp)
	}
	if len(j.violations) == 0 && in.op != nil {
		if documented := in.op.responses[resp.StatusCode]; documented != nil && (in.matched || c.strict) {
			documented.seen.Add(1)
		}
	}
	return j.violations
}

// judgement collects what is wrong with one response.
type judgement struct {
	operation  string
	words      map[string]bool // keys that may be printed
	maxBody    int
	violations []Violation
}

func (j *judgement) found(place string, rule Rule, found, expected string) {
	j.violations = append(j.violations, Violation{j.operation, place, rule, found, expected})
}

// body judges presence, media type and content.
func (j *judgement) body(method string, schema jsonSchema, resp Response) {
	switch {
	case method == http.MethodHead:
		return // a response to HEAD has none; net/http drops what a handler writes
	case len(resp.Body) > j.maxBody:
		j.found("response body", RuleBodyTooLarge, "more than "+strconv.Itoa(j.maxBody)+" bytes", "less")
		return
	case resp.Truncated:
		j.found("response body", RuleTruncated, "not as many bytes as announced", "the announced length")
		return
	case schema == nil:
		if len(resp.Body) > 0 {
			j.found("response body", RuleBodyUnexpected, strconv.Itoa(len(resp.Body))+" bytes", "no body")
		}
		return
	}
	j.contentType(resp.Header.Values("Content-Type"))
	if len(resp.Body) == 0 {
		j.found("response body", RuleBodyMissing, "no body", "one JSON value")
		return
	}
	j.json(schema, resp.Body)
}

func (j *judgement) contentType(values []string) {
	const want = "application/json"
	if len(values) == 0 {
		// net/http guesses a type, but never JSON.
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

// mediaName returns a media type for printing. Unknown ones are not printed, because they
// may contain anything.
func mediaName(mediaType string) string {
	switch mediaType {
	case "application/problem+json", "application/xml", "application/octet-stream", "application/jsonp",
		"text/plain", "text/html", "text/xml", "text/json", "text/x-json":
		return mediaType
	}
	return "another media type"
}

// keysEchoed looks for the request's keys in the response. No schema forbids them there,
// but responses are logged and keys must not be.
func (j *judgement) keysEchoed(keys []string, resp Response) {
	for _, key := range keys {
		if bytes.Contains(resp.Body, []byte(key)) {
			j.found("response body", RuleKeyEchoed, "a key of the request", "no key")
		}
		for _, values := range resp.Header {
			for _, value := range values {
				if strings.Contains(value, key) {
					j.found("a response header", RuleKeyEchoed, "a key of the request", "no key")
				}
			}
		}
	}
}

// internalText lists, in lower case, what error texts of Go programs and databases contain.
// It finds known leaks and does not prove that there are none.
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

// promises judges what the servers of this project promise beyond the schemas.
func (j *judgement) promises(resp Response) {
	switch resp.StatusCode {
	case http.StatusMethodNotAllowed:
		if resp.Header.Get("Allow") == "" { // RFC 9110 section 15.5.6
			j.found("response header Allow", RuleAllow, "no header", "the methods that are allowed")
		}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
		if err != nil || seconds < 0 {
			j.found("response header Retry-After", RuleRetryAfter, "no number", "whole seconds")
		}
	}
	if resp.StatusCode >= 400 && hasInternalText(resp.Body) {
		j.found("response body", RuleInternalText, "text of an internal error", "text for the caller")
	}
}
