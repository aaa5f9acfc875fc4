package conformance

import (
	"context"
	"net/http"
	"time"
)

// aside is a customer that no case erases but those about reads after a deletion, which
// share it: a run has few customers.
type aside struct {
	id     string
	erased bool
	before map[string]map[string]any // what each operation showed, until it was erased
}

func (s *session) customerAside(ctx context.Context) (*aside, error) {
	if s.aside == nil {
		id, err := s.customer(ctx)
		if err != nil {
			return nil, err
		}
		s.aside = &aside{id: id, before: map[string]map[string]any{}}
	}
	s.use(s.aside.id)
	return s.aside, nil
}

// eraseAside erases the customer, after every operation has shown it.
func (s *session) eraseAside(ctx context.Context) (*aside, error) {
	a, err := s.customerAside(ctx)
	if err != nil || a.erased {
		return a, err
	}
	for _, op := range readOperations {
		if !s.serves(op.id) {
			continue
		}
		if value, err := op.value(ctx, s, a.id); err == nil {
			a.before[op.id] = s.ignoringFindings(func() response { return s.read(ctx, op.locate(value)) }).customer()
		}
	}
	a.erased = s.ignoringFindings(func() response { return s.erase(ctx, a.id) }).accepted()
	if !a.erased {
		return nil, skipError("the target did not accept the erasure of a customer")
	}
	return a, nil
}

// customer returns the customer in a response, or nil if it has none.
func (r response) customer() map[string]any {
	if r.StatusCode != http.StatusOK {
		return nil
	}
	return r.object()
}

// readAfterDelete wants the customer to be gone or anonymised, and another one to stay.
func readAfterDelete(ctx context.Context, s *session, op readOperation) error {
	keptPath := s.keptPath(ctx, op)
	a, err := s.eraseAside(ctx)
	if err != nil {
		return err
	}
	value, err := op.value(ctx, s, a.id)
	if err != nil {
		return err
	}
	before := a.before[op.id]
	if before == nil {
		return skipError("the target did not show the customer before the erasure")
	}
	resp := s.readUntilErased(ctx, op.locate(value), before)
	switch after := resp.customer(); {
	case after == nil && resp.accepted():
		s.expectStatus(resp, http.StatusOK, http.StatusBadRequest, http.StatusNotFound)
	case after == nil:
		s.expectUnknown(resp)
	case len(personal(before)) == 0:
		return skipError("needs customers with personal data: without any, an anonymised customer looks like one who is still there")
	default:
		s.expectCustomer(resp, op, value, a.id)
		for _, place := range left(before, after) {
			s.found("response body "+place, RuleCaseKept, "what was there before the erasure", "nothing, or a mask", append(s.deletions(), resp)...)
		}
	}
	if keptPath == "" {
		return nil
	}
	if resp := s.ignoringFindings(func() response { return s.read(ctx, keptPath) }); resp.notFound() {
		s.found("another customer", RuleCaseErased, "a customer that is gone after the erasure of another one", "the customer unchanged", append(s.deletions(), resp)...)
		s.kept = ""
	}
	return nil
}

// keptPath returns the path and query at which the kept customer is found, or "".
func (s *session) keptPath(ctx context.Context, op readOperation) string {
	id, err := s.keptCustomer(ctx)
	if err != nil {
		return ""
	}
	value, err := op.value(ctx, s, id)
	if err != nil || s.ignoringFindings(func() response { return s.read(ctx, op.locate(value)) }).customer() == nil {
		return ""
	}
	return op.locate(value)
}

// notFound reports whether the response is one that an unknown customer gets: the status,
// and an error body, which a proxy does not write.
func (r response) notFound() bool {
	return (r.StatusCode == http.StatusBadRequest || r.StatusCode == http.StatusNotFound) && r.code != ""
}

// deletions returns the responses to the deletions of the case.
func (s *session) deletions() []response {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []response
	for _, sent := range s.sent {
		if sent.method == operationMethod {
			list = append(list, sent.response)
		}
	}
	return list
}

// readUntilErased reads a customer until nothing personal is left. An accepted erasure may
// take a while, so it gives up only after the time limit of a request.
func (s *session) readUntilErased(ctx context.Context, path string, before map[string]any) response {
	for end := s.now().Add(s.timeout); ; {
		s.mu.Lock()
		n := len(s.findings)
		s.mu.Unlock()
		resp := s.read(ctx, path)
		after := resp.customer()
		if after == nil || len(left(before, after)) == 0 || s.now().After(end) {
			return resp
		}
		s.mu.Lock()
		s.findings = s.findings[:n] // the last response is judged
		s.mu.Unlock()
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return resp
		}
	}
}
