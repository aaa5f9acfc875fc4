package conformance

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// The expectations below record a violation unless the response meets them. None of them
// judges a missing response, because JudgeResponse has reported it already.

// expectStatus wants one of the statuses.
func (s *session) expectStatus(resp response, statuses ...int) {
	if resp.received() && !slices.Contains(statuses, resp.StatusCode) {
		s.found("response status", RuleCaseStatus, strconv.Itoa(resp.StatusCode), anyOf(statuses), resp)
	}
}

// expectCode wants one of the codes in an error response of a strict target. The
// specification does not list the codes.
func (s *session) expectCode(resp response, codes ...string) {
	if !s.target.Strict || !resp.received() || resp.StatusCode < 400 || slices.Contains(codes, resp.code) {
		return
	}
	s.found("response body /code", RuleCaseCode, codeName(resp.code), anyOf(codes), resp)
}

// expectParameter wants a message that names the parameter, in a 400 of a strict target.
func (s *session) expectParameter(resp response, name string) {
	if !s.target.Strict || !resp.received() || resp.StatusCode != http.StatusBadRequest {
		return
	}
	names := func(message string) bool { return strings.Contains(strings.ToLower(message), name) }
	if !slices.ContainsFunc(resp.messages, names) {
		s.found("response body /messages", RuleCaseParameter, "no message that names the parameter", name, resp)
	}
}

// expectRefusal wants the status and one of the codes from a strict target, and any client
// error from another: the specification does not say which one an invalid request gets.
func (s *session) expectRefusal(resp response, status int, codes ...string) {
	if s.target.Strict {
		s.expectStatus(resp, status)
		s.expectCode(resp, codes...)
	} else if resp.received() && (resp.StatusCode < 400 || resp.StatusCode >= 500) {
		s.found("response status", RuleCaseStatus, strconv.Itoa(resp.StatusCode), "a status from 400 to 499", resp)
	}
	if resp.accepted() {
		s.kept = "" // it may be erased
	}
}

// expectNotFound wants what an unknown customer gets.
func (s *session) expectNotFound(resp response) {
	s.expectStatus(resp, http.StatusBadRequest)
	s.expectCode(resp, codeCustomerNotFound)
}

// anyOf writes "1 or 2 or 3".
func anyOf[T any](items []T) string {
	var texts []string
	for _, item := range items {
		texts = append(texts, fmt.Sprint(item))
	}
	return strings.Join(texts, " or ")
}
