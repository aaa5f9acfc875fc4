package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// begin finds out whether the target responds, and which operations it serves.
func (s *session) begin(ctx context.Context) error {
	if err := s.probe(ctx); err != nil {
		return err
	}
	return s.findOperations(ctx)
}

// probe sends one request for an unknown customer, so that a wrong address is one error
// and not a failure of every case. Any response will do. A broken connection is for the
// cases to judge, because wrong implementations break connections too.
func (s *session) probe(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	r, err := s.request(limited, customerPath(unknownID()))
	if err != nil { // not printed, because it quotes the URL
		return errors.New("conformance: base URL: cannot make a request from it")
	}
	resp, err := s.endpoint.http1.RoundTrip(r)
	if err == nil {
		_ = resp.Body.Close()
		return nil
	}
	reason, unreachable := whyNoResponse(limited, err)
	if !unreachable || ctx.Err() != nil { // Run itself reports that it was stopped
		return nil
	}
	return fmt.Errorf("conformance: no response from the base URL: %s", reason)
}

// hint says what seems wrong with the description of the target, if every valid request
// got the same refusal. It is "" otherwise.
func (s *session) hint() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proof.unknown > 0 && !s.proof.erased {
		return "none of the customers given was known to the target; give some that exist in the account"
	}
	if len(s.statusesSeen) != 1 {
		return ""
	}
	for status, suspect := range map[int]string{
		http.StatusUnauthorized: "the keys",
		http.StatusForbidden:    "the account code, and which accounts the keys give access to",
		http.StatusNotFound:     "the base URL",
	} {
		if s.statusesSeen[status] {
			return fmt.Sprintf("every valid request got status %d; check %s", status, suspect)
		}
	}
	return ""
}
