package conformance

import "context"

// closingCases run last, because they erase the kept customer.
var closingCases = []testCase{{
	name:  "refusals-change-nothing",
	why:   "an error response after the customer is erased hides an effect that cannot be undone",
	needs: needsKeptCustomer,
	run: func(ctx context.Context, s *session) error {
		id, err := s.keptCustomer(ctx)
		if err != nil {
			return err
		}
		return refusalsChangeNothing(ctx, s, id)
	},
}}

// refusalsChangeNothing sends every request that must be refused for one customer, and
// then erases that customer to see that it still existed. It does not judge the responses
// again, which other cases have done.
func refusalsChangeNothing(ctx context.Context, s *session, id string) error {
	s.kept = "" // erased below
	for _, request := range s.refusedRequests(ctx, id) {
		if s.ignoringFindings(request).accepted() {
			s.found("response status", RuleCaseErased, "success for a request that must be refused", "a refusal")
			return nil
		}
	}
	switch gone := s.erase(ctx, id).saysGone(); {
	case gone && !s.proof.existing[id]:
		return whyUnknown
	case gone:
		s.found("response status", RuleCaseErased, "a customer that is gone after requests that were all refused", "the customer unchanged")
	}
	return nil
}

// refusedRequests returns functions that send the requests which the target must refuse.
func (s *session) refusedRequests(ctx context.Context, id string) []func() response {
	edits := []edit{withoutHeaders(accountHeader), withHeader(accountHeader, ""), withHeader(accountHeader, unknownID())}
	for _, w := range wrongKeys {
		if w.needs&needsStrict == 0 || s.target.Strict {
			edits = append(edits, w.edits(s.target.Credentials)...)
		}
	}
	var paths []string
	if s.target.Strict {
		edits = append(edits, jsonBody, chunkedBody)
		for _, m := range wrongMethods {
			if !s.documents(m.method) {
				edits = append(edits, withMethod(m.method))
			}
		}
		for _, w := range wrongPaths {
			paths = append(paths, w.paths(escape(id))...)
		}
	}
	var requests []func() response
	for _, e := range edits {
		requests = append(requests, func() response { return s.erase(ctx, id, e) })
	}
	for _, path := range paths {
		requests = append(requests, func() response { return s.send(ctx, s.endpoint.http1, path) })
	}
	return requests
}
