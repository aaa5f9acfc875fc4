package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

var acceptedCases = []testCase{
	{
		name:  "accepted",
		why:   "erasing a customer is what the call is for",
		needs: needsCustomer,
		run:   onCustomer(expectAccepted),
	},
	{
		name:  "accepted-is-gone",
		why:   "an accepted erasure that does not happen, or happens to another customer, goes unnoticed",
		needs: needsCustomer | needsExists,
		run:   acceptedIsGone,
	},
	{
		name:  "repeated-delete",
		why:   "a client that lost the response repeats the request, and must learn that the customer is gone or being erased",
		needs: needsCustomer,
		run: onCustomer(func(ctx context.Context, s *session, id string) {
			expectAccepted(ctx, s, id)
			second := s.erase(ctx, id)
			s.expectStatus(second, http.StatusAccepted, http.StatusBadRequest)
			s.expectCode(second, codeCustomerNotFound)
		}),
	},
	{
		name: "not-found",
		why:  "a customer that does not exist gets 400 CUSTOMER_NOT_FOUND from Yuno, neither 404 nor success",
		run: onUnknownCustomer(func(ctx context.Context, s *session, id string) {
			s.expectNotFound(s.erase(ctx, id))
		}),
	},
	{
		name:  "header-name-case",
		why:   "header names are case-insensitive (RFC 9110 section 5.1), and proxies change their case",
		needs: needsCustomer,
		run: onCustomer(func(ctx context.Context, s *session, id string) {
			s.expectStatus(s.erase(ctx, id, upperCaseHeaderNames), http.StatusAccepted)
		}),
	},
	{
		name:  "id-percent-encoded",
		why:   "%61 and a are the same character of an id (RFC 3986 section 6.2.2.2)",
		needs: needsCustomer,
		run: onCustomer(func(ctx context.Context, s *session, id string) {
			s.expectStatus(s.send(ctx, s.endpoint.http1, "/customers/"+escapeAll(id)), http.StatusAccepted)
		}),
	},
	{
		name: "accept-header",
		why:  "only JSON is documented, so a client that prefers HTML gets JSON too",
		run: onUnknownCustomer(func(ctx context.Context, s *session, id string) {
			s.expectNotFound(s.erase(ctx, id, withHeader("Accept", "text/html")))
		}),
	},
	{
		name:  "concurrent-deletes",
		why:   "retries overlap: every response must be documented, and one must be a success",
		needs: needsCustomer,
		run:   concurrentDeletes,
	},
}

func expectAccepted(ctx context.Context, s *session, id string) {
	s.expectStatus(s.erase(ctx, id), http.StatusAccepted)
}

func upperCaseHeaderNames(r *http.Request) {
	for _, name := range []string{accountHeader, publicHeader, secretHeader} {
		r.Header[strings.ToUpper(name)] = r.Header[name]
		delete(r.Header, name)
	}
}

// escapeAll escapes every byte of an id, with digits of both cases in turn, because both
// are valid.
func escapeAll(id string) string {
	var b strings.Builder
	for i := range len(id) {
		format := "%%%02x"
		if i%2 == 0 {
			format = "%%%02X"
		}
		fmt.Fprintf(&b, format, id[i])
	}
	return b.String()
}

// acceptedIsGone looks up what an accepted request did to its customer and to another one.
func acceptedIsGone(ctx context.Context, s *session) error {
	kept, err := s.keptCustomer(ctx)
	if err != nil {
		return err
	}
	id, err := s.customer(ctx)
	if err != nil {
		return err
	}
	for _, id := range []string{id, kept} {
		switch exists, err := s.exists(ctx, id); {
		case err != nil:
			return err
		case !exists && s.target.NewCustomer == nil:
			return skipError("the look-up does not find a customer of the list")
		case !exists:
			return errors.New("conformance: Target.Exists does not find a customer that the target supplied")
		}
	}
	resp := s.erase(ctx, id)
	s.expectStatus(resp, http.StatusAccepted)
	if !resp.accepted() {
		return nil
	}
	return s.expectOnlyErased(ctx, id, kept)
}

// expectOnlyErased wants the one customer to disappear and the other one to stay.
func (s *session) expectOnlyErased(ctx context.Context, erased, kept string) error {
	switch stays, err := s.staysFor(ctx, erased, s.timeout); {
	case err != nil:
		return err
	case stays:
		s.found("customer", RuleCaseKept, "a customer that exists after its erasure was accepted", "no customer")
	}
	switch exists, err := s.exists(ctx, kept); {
	case err != nil:
		return err
	case !exists:
		s.found("another customer", RuleCaseErased, "a customer that was erased together with the named one", "the customer unchanged")
		s.kept = ""
	}
	return nil
}

// staysFor reports whether a customer still exists after d. An accepted erasure may take a
// while, so staysFor asks repeatedly and returns as soon as the customer is gone.
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

const (
	// concurrentRequests are sent together for one customer.
	concurrentRequests = 50
	// concurrentRounds are tried, each with a customer. On a busy machine of two cores,
	// one round missed a race of 0.3 ms 6 times in 200.
	concurrentRounds = 3
)

func concurrentDeletes(ctx context.Context, s *session) error {
	for round := range concurrentRounds {
		id, err := s.customer(ctx)
		if errors.Is(err, errNoCustomer) && round > 0 {
			return nil
		}
		if err != nil {
			return err
		}
		s.proof.giveUnknown(id)
		responses := s.eraseTogether(ctx, id)
		if slices.ContainsFunc(responses, response.accepted) {
			continue
		}
		// After a success in an earlier round, only a customer who existed shows a fault.
		if round == 0 || s.proof.existing[id] {
			s.found("response status", RuleCaseStatus, fmt.Sprintf("no success in %d concurrent requests", concurrentRequests), "at least one", responses...)
		}
		return nil
	}
	return nil
}

// eraseTogether sends requests for one customer at the same time, as nearly as the target's
// transport permits, and judges the responses by themselves.
func (s *session) eraseTogether(ctx context.Context, id string) []response {
	line, via := newStartLine(concurrentRequests), s.endpoint.http1
	if s.endpoint.newHTTP1 != nil {
		transport := line.through(s.endpoint.newHTTP1())
		defer transport.CloseIdleConnections()
		via = transport
	}
	// A target that accepts fewer connections gets the requests that have one.
	defer time.AfterFunc(s.timeout/2, line.release).Stop()
	responses := make([]response, concurrentRequests)
	var wg sync.WaitGroup
	for i := range responses {
		held, over := line.hold()
		wg.Go(func() {
			defer over()
			responses[i] = s.send(ctx, via, customerPath(id), held)
		})
	}
	wg.Wait()
	s.together(responses)
	for _, resp := range responses {
		s.expectStatus(resp, http.StatusAccepted, http.StatusBadRequest)
		s.expectCode(resp, codeCustomerNotFound)
	}
	return responses
}
