package contract

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

func acceptedCases() []testCase {
	return []testCase{
		{
			name:  "accepted",
			why:   "erasing a customer is what the call is for",
			needs: needsCustomer,
			run:   func(ctx context.Context, s *session) error { return s.eraseOne(ctx) },
		},
		{
			name:  "repeated-delete",
			why:   "a client that lost the answer asks again, and must learn that the customer is gone or going",
			needs: needsCustomer,
			run: func(ctx context.Context, s *session) error {
				id, err := s.customer(ctx)
				if err != nil {
					return err
				}
				s.expect(s.erase(ctx, id), http.StatusAccepted)
				again := s.erase(ctx, id)
				s.expect(again, http.StatusAccepted, http.StatusBadRequest)
				s.expectCode(again, codeCustomerNotFound)
				return nil
			},
		},
		{
			name: "not-found",
			why:  "a customer that does not exist is 400 CUSTOMER_NOT_FOUND at Yuno, not 404 and not success",
			run: func(ctx context.Context, s *session) error {
				s.expectNotFound(s.erase(ctx, unknownID()))
				return nil
			},
		},
		{
			name:  "header-name-case",
			why:   "header names have no case (RFC 9110 section 5.1), and proxies rewrite it",
			needs: needsCustomer,
			run: func(ctx context.Context, s *session) error {
				return s.eraseOne(ctx, func(r *http.Request) {
					for _, name := range []string{accountHeader, publicHeader, secretHeader} {
						r.Header[strings.ToUpper(name)] = r.Header[name]
						delete(r.Header, name)
					}
				})
			},
		},
		{
			name:  "id-percent-encoded",
			why:   "%61 and a are the same character of an id (RFC 3986 section 6.2.2.2)",
			needs: needsCustomer,
			run: func(ctx context.Context, s *session) error {
				id, err := s.customer(ctx)
				if err != nil {
					return err
				}
				var path strings.Builder
				for i := range len(id) {
					format := "%%%02x" // both cases of hexadecimal digits are right
					if i%2 == 0 {
						format = "%%%02X"
					}
					fmt.Fprintf(&path, format, id[i])
				}
				s.expect(s.send(ctx, s.endpoint.http1, "/customers/"+path.String()), http.StatusAccepted)
				return nil
			},
		},
		{
			name: "accept-header",
			why:  "only JSON is documented, so a client that prefers HTML gets JSON all the same",
			run: func(ctx context.Context, s *session) error {
				s.expectNotFound(s.erase(ctx, unknownID(), with("Accept", "text/html")))
				return nil
			},
		},
		{
			name:  "concurrent-deletes",
			why:   "impatient callers and retries meet: every answer must be documented, and one must accept",
			needs: needsCustomer,
			run:   concurrentDeletes,
		},
	}
}

// eraseOne erases a customer that exists.
func (s *session) eraseOne(ctx context.Context, edits ...edit) error {
	id, err := s.customer(ctx)
	if err != nil {
		return err
	}
	s.expect(s.erase(ctx, id, edits...), http.StatusAccepted)
	return nil
}

func (s *session) expectNotFound(r reply) {
	s.expect(r, http.StatusBadRequest)
	s.expectCode(r, codeCustomerNotFound)
}

func concurrentDeletes(ctx context.Context, s *session) error {
	const n = 50
	id, err := s.customer(ctx)
	if err != nil {
		return err
	}
	replies := make([]reply, n)
	var wg sync.WaitGroup
	for i := range replies {
		wg.Go(func() { replies[i] = s.erase(ctx, id) })
	}
	wg.Wait()
	accepted := 0
	for _, r := range replies {
		s.expect(r, http.StatusAccepted, http.StatusBadRequest)
		s.expectCode(r, codeCustomerNotFound)
		if r.accepted() {
			accepted++
		}
	}
	if accepted == 0 {
		s.found("response status", RuleCaseStatus, "no success among 50 concurrent requests", "at least one")
	}
	return nil
}
