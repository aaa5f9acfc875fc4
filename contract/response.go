package contract

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// judgement is a response while it is judged.
type judgement struct {
	inspected
	c          *Checker
	resp       Response
	documented *response // nil if there is none
	mediaType  string    // documented, as which the body is judged; "" if that is unknown
	done       bool      // nothing is left to judge in the body
	violations []Violation
}

// judge returns what is wrong with a response, and counts it if that is nothing.
//
// A request of an operation gets one of its documented responses, and no success if it
// breaks a rule. A request to another path or with another method is judged with
// WithStrict only, because the specification says nothing about those.
func (c *Checker) judge(in inspected, resp Response) []Violation {
	j := judgement{inspected: in, c: c, resp: resp}
	if resp.Missing != "" {
		if in.op != nil || c.strict {
			j.found("response", RuleNoResponse, resp.Missing, "a response")
		}
		return j.violations
	}
	switch {
	case in.op != nil:
		j.documented = in.op.documented(resp.StatusCode)
	case c.strict:
		j.documented = c.doc.errorBody
	}
	for _, rule := range c.rules.response {
		rule.judge(&j)
	}
	if j.documented != nil && !j.has(RuleStatus) {
		j.judgeParts()
	}
	if c.strict {
		for _, rule := range c.rules.promises {
			rule.judge(&j)
		}
	}
	if len(j.violations) == 0 {
		c.countSeen(in, resp.StatusCode)
	}
	return j.violations
}

// countSeen counts a response for the coverage: for the operation of the request, or for
// all operations of the path if the method belongs to none, as with 405.
func (c *Checker) countSeen(in inspected, status int) {
	operations := in.onPath
	switch {
	case in.op != nil:
		operations = []*operation{in.op}
	case !c.strict:
		return
	}
	for _, o := range operations {
		if r := o.documented(status); r != nil {
			r.seen.Add(1)
		}
	}
}

// judgeParts judges headers and body of a documented response, first by the rules for
// bodies and then by kin-openapi.
func (j *judgement) judgeParts() {
	for _, name := range slices.Sorted(maps.Keys(j.documented.headers)) {
		if err := j.askKin(j.documented.headers[name], name, j.resp.Header.Values(name), nil); err != nil {
			j.translateHeader("response header "+name, err)
		}
	}
	for _, rule := range j.c.rules.body {
		if rule.judge(j); j.done {
			return
		}
	}
	err := j.askKin(j.documented.body, "Content-Type", []string{j.mediaType}, j.resp.Body)
	if err == nil {
		return
	}
	for _, f := range schemaFindings(cause(err)) {
		if f.undocumented != nil {
			j.found(j.place(f.path), RuleUndocumented, j.undocumented(f.undocumented), f.expected)
			continue
		}
		j.found(j.place(f.path), RuleSchema, f.found, f.expected)
	}
}

// askKin validates the one part of a response that the route documents: a header, or a
// body and its type. The status and the method are not those of the response, because
// kin-openapi judges neither 301, 304, 307 and 308 nor responses to HEAD.
func (j *judgement) askKin(route *routers.Route, name string, values []string, body []byte) error {
	part := partOf(route, values, body)
	if j.c.valid.has(part) {
		return nil
	}
	header := http.Header{}
	for _, value := range values {
		header.Add(name, value)
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: &http.Request{Method: http.MethodGet}, Route: route},
		Status:                 http.StatusOK,
		Header:                 header,
		Options:                kinOptions,
	}
	err := openapi3filter.ValidateResponse(context.Background(), input.SetBodyBytes(body))
	if err == nil {
		j.c.valid.add(part)
	}
	return err
}

func (j *judgement) translateHeader(place string, err error) {
	if cause(err) == nil { // only if it is missing
		j.found(place, RuleHeader, "no header", "one value")
		return
	}
	for _, f := range schemaFindings(cause(err)) {
		j.found(place, RuleHeader, f.found, f.expected)
	}
}

func cause(err error) error {
	if e, ok := err.(*openapi3filter.ResponseError); ok {
		return e.Err
	}
	return err
}

func (j *judgement) found(place string, rule Rule, found, expected string) {
	operation := noOperation
	if j.op != nil {
		operation = j.op.id
	}
	j.violations = append(j.violations, Violation{operation, place, rule, found, expected})
}

func (j *judgement) has(rule Rule) bool {
	return slices.ContainsFunc(j.violations, func(v Violation) bool { return v.Rule == rule })
}

// isJSON reports whether a media type is JSON, by its name or its suffix (RFC 6839).
func isJSON(mediaType string) bool {
	mediaType, _, _ = strings.Cut(strings.ToLower(mediaType), ";")
	mediaType = strings.TrimSpace(mediaType)
	return mediaType == "application/json" || strings.HasSuffix(mediaType, "+json")
}

// mediaName returns a media type for printing. Unknown ones are not printed, because they
// may contain anything.
func mediaName(mediaType string) string {
	switch mediaType {
	case "application/json", "application/problem+json", "application/xml", "application/octet-stream", "application/jsonp",
		"text/plain", "text/html", "text/xml", "text/json", "text/x-json":
		return mediaType
	case "":
		return "no header"
	}
	return "another media type"
}
