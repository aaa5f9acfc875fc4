package conformance

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// expect records a finding unless the answer has one of the statuses. An
// answer that is not there has been found already.
func (s *session) expect(r reply, statuses ...int) {
	if r.Missing == "" && !slices.Contains(statuses, r.StatusCode) {
		s.found("response status", RuleCaseStatus, strconv.Itoa(r.StatusCode), anyOf(statuses))
	}
}

// expectCode records a finding unless the answer has one of the codes. The
// specification documents no list of codes, so only Strict targets are judged.
func (s *session) expectCode(r reply, codes ...string) {
	if !s.target.Strict || r.Missing != "" || r.StatusCode < 400 || slices.Contains(codes, r.code) {
		return
	}
	s.found("response body /code", RuleCaseCode, codeName(r.code), anyOf(codes))
}

// expectRefusal is expect and expectCode for a Strict target. The bare contract does not
// say which refusal a wrong request gets, only that it is not the server's own failure.
func (s *session) expectRefusal(r reply, status int, codes ...string) {
	if s.target.Strict {
		s.expect(r, status)
		s.expectCode(r, codes...)
	} else if r.Missing == "" && (r.StatusCode < 400 || r.StatusCode >= 500) {
		s.found("response status", RuleCaseStatus, strconv.Itoa(r.StatusCode), "a status from 400 to 499")
	}
	if r.accepted() {
		s.spare = "" // it may be gone
	}
}

// expectParameter records a finding unless a message names the parameter.
func (s *session) expectParameter(r reply, name string) {
	if !s.target.Strict || r.Missing != "" || r.StatusCode != http.StatusBadRequest {
		return
	}
	for _, m := range r.messages {
		if strings.Contains(strings.ToLower(m), name) {
			return
		}
	}
	s.found("response body /messages", RuleCaseParameter, "no message that names the parameter", name)
}

// The codes that Yuno documents ("HTTP Response Codes") or that this project adds.
const (
	codeInvalidRequest   = "INVALID_REQUEST"
	codeInvalidParam     = "INVALID_PARAMETERS"
	codeMissingParam     = "MISSING_PARAMETERS"
	codeInvalidAccount   = "INVALID_ACCOUNT_ID"
	codeBadRequest       = "BAD_REQUEST"
	codeCustomerNotFound = "CUSTOMER_NOT_FOUND"
	codeNotFound         = "NOT_FOUND"
	codeInvalidKeys      = "INVALID_CREDENTIALS"
	codeOtherAccount     = "AUTHORIZATION_REQUIRED"
	codeMethod           = "UNSUPPORTED_METHOD"
)

// codeName returns a code for printing; an unknown one may be anything.
func codeName(code string) string {
	switch code {
	case "":
		return "no code"
	case codeInvalidRequest, codeInvalidParam, codeMissingParam, codeInvalidAccount, codeBadRequest,
		codeCustomerNotFound, codeNotFound, codeInvalidKeys, codeOtherAccount, codeMethod,
		"EXPIRED_CREDENTIALS", "UNKNOWN_IP_ADDRESS", "INVALID_TOKEN", "TOO_MANY_REQUESTS",
		"INTERNAL_ERROR", "SERVICE_UNAVAILABLE", "REQUEST_TIMEOUT":
		return code
	}
	return "another code"
}

// anyOf writes "1 or 2 or 3".
func anyOf[T any](items []T) string {
	var texts []string
	for _, item := range items {
		texts = append(texts, fmt.Sprint(item))
	}
	return strings.Join(texts, " or ")
}
