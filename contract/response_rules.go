package contract

import (
	"bytes"
	"encoding/json"
	"math"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/yuno-community/yuno-customers/internal/strictjson"
)

// responseRules are about the response as a whole.
var responseRules = []rule[*judgement]{
	{"key-echoed", "responses are logged and keys must not be; no document forbids it",
		(*judgement).keysEchoed},
	{"documented-status", "kin-openapi lets 301, 304, 307 and 308 pass, and every response to HEAD",
		(*judgement).documentedStatus},
	{"refused-elsewhere", "no document says what a request gets that belongs to no operation; WithStrict does",
		(*judgement).refusedElsewhere},
	{"accepted-although-wrong", "kin-openapi judges the response apart from the request",
		(*judgement).accepted},
}

// bodyRules apply in this order to the body of a documented response, until one sets done.
var bodyRules = []rule[*judgement]{
	{"no-body-for-head", "a response to HEAD has none; net/http drops what a handler writes",
		func(j *judgement) { j.done = j.method == http.MethodHead }},
	{"body-too-large", "clients limit what they read; no document says how much",
		(*judgement).tooLarge},
	{"announced-length", "kin-openapi gets the body without the connection that it came over",
		(*judgement).announcedLength},
	{"undocumented-body", "kin-openapi does not look at a body if no content is documented",
		(*judgement).undocumentedBody},
	{"one-media-type", "kin-openapi looks at the first of several, and quotes a wrong one",
		(*judgement).oneMediaType},
	{"missing-body", "kin-openapi reports no body as JSON that cannot be decoded",
		(*judgement).missingBody},
	{"one-json-value", "kin-openapi reads the first value only, and repairs what is not UTF-8; other parsers do neither",
		(*judgement).oneJSONValue},
	{"duplicate-key", "kin-openapi uses the last of equal keys; other parsers use the first (RFC 8259, section 4)",
		(*judgement).duplicateKeys},
	{"unknown-decoder", "kin-openapi rejects every body of a media type that it cannot decode, such as XML",
		func(j *judgement) {
			j.done = !isJSON(j.mediaType) && openapi3filter.RegisteredBodyDecoder(j.mediaType) == nil
		}},
}

// promises are what the servers of this project promise beyond the schemas.
var promises = []rule[*judgement]{
	{"allow", "RFC 9110, section 15.5.6, wants it; the document says nothing", (*judgement).allow},
	{"retry-after", "the document says so in prose", (*judgement).retryAfter},
	{"internal-text", "texts of internal errors are for the log; no schema can tell", (*judgement).internalText},
}

func (j *judgement) keysEchoed() {
	for _, key := range j.keys {
		if bytes.Contains(j.resp.Body, []byte(key)) {
			j.found("response body", RuleKeyEchoed, "a key of the request", "no key")
		}
		for _, values := range j.resp.Header {
			for _, value := range values {
				if strings.Contains(value, key) {
					j.found("a response header", RuleKeyEchoed, "a key of the request", "no key")
				}
			}
		}
	}
}

func (j *judgement) documentedStatus() {
	if j.op != nil && j.documented == nil {
		j.found("response status", RuleStatus, j.status(), j.op.statuses)
	}
}

// status returns the status for people.
func (j *judgement) status() string {
	text := strconv.Itoa(j.resp.StatusCode)
	if j.noRoute() {
		text += " from a server of Go's net/http that has no route for this path"
	}
	return text
}

// noRoute reports whether the response is that of http.ServeMux for an unknown path.
func (j *judgement) noRoute() bool {
	return j.resp.StatusCode == http.StatusNotFound && string(j.resp.Body) == "404 page not found\n"
}

func (j *judgement) refusedElsewhere() {
	status := j.resp.StatusCode
	switch {
	case j.op != nil || !j.c.strict:
	case len(j.onPath) > 0 && status != http.StatusMethodNotAllowed:
		j.found("response status", RuleStatus, j.status(), strconv.Itoa(http.StatusMethodNotAllowed))
	case status < 400:
		j.found("response status", RuleStatus, strconv.Itoa(status), "an error status")
	}
}

func (j *judgement) accepted() {
	if rule, broken := j.breaks(j.c.strict); broken && j.documented != nil && j.op != nil && j.resp.StatusCode < 300 {
		j.found("response status", RuleAccepted, strconv.Itoa(j.resp.StatusCode)+" to a request that breaks "+string(rule), "a refusal")
	}
}

func (j *judgement) tooLarge() {
	if len(j.resp.Body) > j.c.maxBody {
		j.done = true
		j.found("response body", RuleBodyTooLarge, "more than "+strconv.Itoa(j.c.maxBody)+" bytes", "less")
	}
}

func (j *judgement) announcedLength() {
	if j.resp.Truncated {
		j.done = true
		j.found("response body", RuleTruncated, "not as many bytes as announced", "the announced length")
	}
}

func (j *judgement) undocumentedBody() {
	j.done = len(j.documented.content) == 0
	if j.done && len(j.resp.Body) > 0 {
		j.found("response body", RuleBodyUnexpected, strconv.Itoa(len(j.resp.Body))+" bytes", "no body")
	}
}

// oneMediaType sets mediaType, if it is known as what to judge the body.
func (j *judgement) oneMediaType() {
	found := ""
	switch values := j.resp.Header.Values("Content-Type"); len(values) {
	case 0:
		found = "no header" // net/http guesses a type, but never JSON
	case 1:
		mediaType, _, err := mime.ParseMediaType(values[0])
		if err == nil && j.documented.content.Get(values[0]) != nil {
			j.mediaType = mediaType
			return
		}
		found = mediaName(mediaType)
		switch {
		case err != nil:
			found = "a malformed value"
		case j.noRoute():
			found += " of " + j.status()
		}
	default:
		found = count(len(values))
	}
	j.found("response header Content-Type", RuleContentType, found, orList(j.documented.types))
	if types := j.documented.types; len(types) == 1 && isJSON(types[0]) {
		j.mediaType = types[0] // the body may be right
	}
	j.done = j.mediaType == ""
}

func (j *judgement) missingBody() {
	if len(j.resp.Body) == 0 && isJSON(j.mediaType) {
		j.done = true
		j.found("response body", RuleBodyMissing, "no body", "one JSON value")
	}
}

func (j *judgement) oneJSONValue() {
	rule, found := RuleJSON, "text that is not UTF-8"
	switch {
	case !isJSON(j.mediaType) || utf8.Valid(j.resp.Body) && json.Valid(j.resp.Body):
		return
	case utf8.Valid(j.resp.Body):
		rule, found = whyInvalid(j.resp.Body)
	}
	j.done = true
	j.found("response body", rule, found, "one JSON value")
}

// duplicateKeys runs after the rule that the body is JSON.
func (j *judgement) duplicateKeys() {
	if !isJSON(j.mediaType) {
		return
	}
	for _, problem := range strictjson.Find(j.resp.Body, math.MaxInt) {
		if problem.Kind == strictjson.Duplicate {
			j.found(j.place(problem.Path), RuleDuplicateKey, "a duplicate key", "no duplicate key")
		}
	}
}

func (j *judgement) allow() {
	// An empty one is right where no method is allowed (RFC 9110, section 10.2.1).
	if j.resp.StatusCode == http.StatusMethodNotAllowed && len(j.resp.Header.Values("Allow")) == 0 {
		j.found("response header Allow", RuleAllow, "no header", "the methods that are allowed")
	}
}

func (j *judgement) retryAfter() {
	if status := j.resp.StatusCode; status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable {
		return
	}
	if seconds, err := strconv.Atoi(j.resp.Header.Get("Retry-After")); err != nil || seconds < 0 {
		j.found("response header Retry-After", RuleRetryAfter, "no number", "whole seconds")
	}
}

func (j *judgement) internalText() {
	lower := string(bytes.ToLower(j.resp.Body))
	leaks := func(text string) bool { return strings.Contains(lower, text) }
	if j.resp.StatusCode >= 400 && slices.ContainsFunc(internalTexts, leaks) {
		j.found("response body", RuleInternalText, "text of an internal error", "text for the caller")
	}
}

// internalTexts lists, in lower case, what error texts of Go programs and databases contain.
// It finds known leaks and does not prove that there are none.
var internalTexts = []string{
	"goroutine ", "panic:", "runtime error:", ".go:", "sql:", "sqlstate", "sqlite:", "sqlite3:", "pgx:", "postgres:", "pq:",
	"dial tcp", "connection refused", "context deadline exceeded", "context canceled", "postgres://", "mysql://", "redis://", "amqp://",
}
