package conformance

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/yuno-community/yuno-customers/contract"
)

// wrongBodies are bodies that a DELETE of this contract does not have.
func wrongBodies() []wrongRequest {
	one := func(e edit) func(Credentials) []edit { return func(Credentials) []edit { return []edit{e} } }
	return []wrongRequest{
		{name: "body-json", why: "a DELETE with a body is read differently by every proxy; accepting it invites smuggling", needs: needsStrict, edits: one(sized(`{"reason":"gdpr"}`))},
		{name: "body-chunked", why: "a body of unknown length is a body too", needs: needsStrict, edits: one(chunked(`{}`))},
	}
}

func bodyCases() []testCase {
	refuse := func(ctx context.Context, s *session, e edit) (reply, error) {
		id, err := s.aim(ctx)
		if err != nil {
			return reply{}, err
		}
		r := s.erase(ctx, id, e)
		s.expectRefusal(r, http.StatusBadRequest, codeInvalidRequest, codeBadRequest, codeInvalidParam)
		return r, nil
	}
	var cases []testCase
	for _, w := range wrongBodies() {
		cases = append(cases, testCase{
			name: w.name, why: w.why, needs: needsStrict,
			run: func(ctx context.Context, s *session) error {
				for _, e := range w.edits(s.target.Credentials) {
					if _, err := refuse(ctx, s, e); err != nil {
						return err
					}
				}
				return nil
			},
		})
	}
	return append(cases, testCase{
		name:  "body-large",
		why:   "what nobody reads must not keep a server busy",
		needs: needsStrict,
		run: func(ctx context.Context, s *session) error {
			// More than anybody should read, and less than what makes net/http
			// and others hang up before their answer has arrived.
			r, err := refuse(ctx, s, chunked(strings.Repeat("x", 128<<10)))
			if r.Missing != "" {
				s.forgive(contract.RuleNoResponse) // hanging up on it is fine too
			}
			return err
		},
	})
}

// forgive drops the last finding of the case if it is of the given rule.
func (s *session) forgive(rule contract.Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.findings); n > 0 && s.findings[n-1].Rule == rule {
		s.findings = s.findings[:n-1]
	}
}

func protocolCases() []testCase {
	return []testCase{
		{
			name:  "http2-accepted",
			why:   "a server that speaks HTTP/2 must keep the contract there as well",
			needs: needsHTTP2 | needsCustomer,
			run: func(ctx context.Context, s *session) error {
				// Asked about nobody first: a customer is not to be spent on HTTP/1.1.
				if r := s.send(ctx, s.endpoint.http2, "/customers/"+unknownID()); r.Missing == "" && r.proto != 2 {
					return skipError("the target does not speak HTTP/2")
				}
				id, err := s.customer(ctx)
				if err != nil {
					return err
				}
				s.expect(s.send(ctx, s.endpoint.http2, "/customers/"+escape(id)), http.StatusAccepted)
				return nil
			},
		},
		{
			name:  "http2-refused",
			why:   "keys are checked on every connection, whatever its protocol",
			needs: needsHTTP2 | needsSpareUnlessStrict,
			run: func(ctx context.Context, s *session) error {
				id, err := s.aim(ctx)
				if err != nil {
					return err
				}
				r := s.send(ctx, s.endpoint.http2, "/customers/"+escape(id), without(secretHeader))
				if r.Missing == "" && r.proto != 2 {
					return skipError("the target does not speak HTTP/2")
				}
				s.expectRefusal(r, http.StatusUnauthorized, codeInvalidKeys)
				return nil
			},
		},
		{
			name:  "request-id",
			why:   "support finds a request by its id, so every answer has one of its own",
			needs: needsStrict,
			run: func(ctx context.Context, s *session) error {
				id := unknownID()
				replies := []reply{
					s.erase(ctx, id),
					s.erase(ctx, id),
					s.erase(ctx, id, without(secretHeader)),
					s.erase(ctx, id, method(http.MethodPost)),
					s.send(ctx, s.endpoint.http1, "/nothing"),
				}
				seen := map[string]bool{}
				for _, r := range replies {
					if r.Missing != "" {
						continue
					}
					switch id := r.Header.Get("X-Request-Id"); {
					case id == "":
						s.found("response header X-Request-Id", RuleCaseRequestID, "no header", "an id")
					case seen[id]:
						s.found("response header X-Request-Id", RuleCaseRequestID, "an id that another answer had", "an id of its own")
					default:
						seen[id] = true
					}
				}
				return nil
			},
		},
	}
}

// closingCases run last.
func closingCases() []testCase {
	return []testCase{{
		name:  "refusals-change-nothing",
		why:   "an error answer after the customer is erased is the worst of both: it cannot be undone, and nobody knows",
		needs: needsSpare,
		run:   refusalsChangeNothing,
	}}
}

// refusalsChangeNothing aims everything that must be refused at one customer, who
// must be there afterwards. Answers have been judged by other cases.
func refusalsChangeNothing(ctx context.Context, s *session) error {
	id, err := s.survivor(ctx)
	if err != nil {
		return err
	}
	s.spare = "" // erased at the end
	credentials := s.target.Credentials
	edits := []edit{without(accountHeader), with(accountHeader, ""), with(accountHeader, unknownID())}
	for _, w := range slices.Concat(keyRequests(), wrongBodies()) {
		if w.needs&needsStrict == 0 || s.target.Strict {
			edits = append(edits, w.edits(credentials)...)
		}
	}
	if s.target.Strict {
		for _, m := range wrongMethods {
			edits = append(edits, method(m.method))
		}
	}
	requests := make([]func() reply, 0, len(edits))
	for _, e := range edits {
		requests = append(requests, func() reply { return s.erase(ctx, id, e) })
	}
	if s.target.Strict {
		for _, path := range slices.Concat(slices.Collect(maps.Values(wrongPaths(escape(id))))...) {
			requests = append(requests, func() reply { return s.send(ctx, s.endpoint.http1, path) })
		}
	}
	judged := len(s.findings)
	for _, request := range requests {
		accepted := request().accepted()
		s.findings = s.findings[:judged]
		if accepted {
			s.found("response status", RuleCaseErased, "success for a request that must be refused", "a refusal")
			return nil
		}
	}
	if r := s.erase(ctx, id); r.saysGone() {
		s.found("response status", RuleCaseErased, "a customer that is gone after requests that were all refused", "the customer untouched")
	}
	return nil
}
