package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// probe asks about nobody, once, so that a wrong address is one error and not one for
// every case. Any answer will do, and so will a connection that breaks: cases are to
// judge those.
func (s *session) probe(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	r, err := s.request(limited, "/customers/"+unknownID())
	if err != nil { // the error quotes the URL
		return errors.New("contract: base URL: no request can be made from it")
	}
	resp, err := s.endpoint.http1.RoundTrip(r)
	if err == nil {
		_ = resp.Body.Close()
		return nil
	}
	why, nobody := whyNoAnswer(limited, err)
	if !nobody || ctx.Err() != nil { // the run says itself that it was stopped
		return nil
	}
	return fmt.Errorf("contract: nothing answers at the base URL: %s", why)
}

// hint says what is wrong with the description of the target rather than with the
// target, if all right requests fared alike.
func (s *session) hint() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.right) != 1 {
		return ""
	}
	const all = "every right request was answered %d: check %s"
	for status, what := range map[int]string{
		http.StatusUnauthorized: "the keys",
		http.StatusForbidden:    "the account code, and what the keys give access to",
		http.StatusNotFound:     "the base URL",
	} {
		if s.right[status] {
			return fmt.Sprintf(all, status, what)
		}
	}
	return ""
}
