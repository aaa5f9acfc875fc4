package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
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
			name:  "accepted-is-gone",
			why:   "an answer that promises an erasure which never happens, or happens to somebody else, is believed for good",
			needs: needsCustomer | needsExists,
			run:   acceptedIsGone,
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

// acceptedIsGone looks at what an accepted request did: to the customer, and to
// another one.
func acceptedIsGone(ctx context.Context, s *session) error {
	other, err := s.survivor(ctx)
	if err != nil {
		return err
	}
	id, err := s.customer(ctx)
	if err != nil {
		return err
	}
	for _, id := range []string{id, other} {
		switch exists, err := s.exists(ctx, id); {
		case err != nil:
			return err
		case !exists:
			return errors.New("contract: Target.Exists does not know a customer that the target supplied")
		}
	}
	r := s.erase(ctx, id)
	s.expect(r, http.StatusAccepted)
	if !r.accepted() {
		return nil
	}
	switch kept, err := s.staysFor(ctx, id, s.timeout); {
	case err != nil:
		return err
	case kept:
		s.found("customer", RuleCaseKept, "a customer that exists after the deletion was accepted", "none")
	}
	switch exists, err := s.exists(ctx, other); {
	case err != nil:
		return err
	case !exists:
		s.found("another customer", RuleCaseErased, "a customer that is gone with the one that was named", "the customer untouched")
		s.spare = ""
	}
	return nil
}

func (s *session) exists(ctx context.Context, id string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	exists, err := s.target.Exists(ctx, id)
	if err != nil {
		return false, fmt.Errorf("contract: looking up a customer: %w", err)
	}
	return exists, nil
}

// staysFor reports whether a customer still exists after d. Accepted is not done, so
// it asks until the customer is gone.
func (s *session) staysFor(ctx context.Context, id string, d time.Duration) (bool, error) {
	for end := s.now().Add(d); ; {
		exists, err := s.exists(ctx, id)
		if !exists || err != nil || s.now().After(end) {
			return exists, err
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return false, ctx.Err()
		}
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
