package conformance

import (
	"context"
	"net/http"
)

var protocolCases = []testCase{
	{
		name:  "http2-accepted",
		why:   "a server that speaks HTTP/2 must keep the contract there as well",
		needs: needsHTTP2 | needsCustomer,
		run:   http2Accepted,
	},
	{
		name:  "http2-refused",
		why:   "keys are checked whatever the protocol",
		needs: needsHTTP2 | needsRefusalTarget,
		run:   http2Refused,
	},
	{
		name:  "request-id",
		why:   "support finds a request by its id, so every response has its own",
		needs: needsStrict,
		run:   onUnknownCustomer(requestIDs),
	},
}

const skipHTTP2 = skipError("the target does not speak HTTP/2")

// http2Accepted asks about an unknown customer first, so that no customer is erased over
// HTTP/1.1.
func http2Accepted(ctx context.Context, s *session) error {
	resp := s.send(ctx, s.endpoint.http2, customerPath(unknownID()))
	if resp.received() && resp.protoMajor != 2 {
		return skipHTTP2
	}
	id, err := s.customer(ctx)
	if err != nil {
		return err
	}
	s.proof.giveUnknown(id)
	s.expectStatus(s.send(ctx, s.endpoint.http2, customerPath(id)), http.StatusAccepted)
	return nil
}

func http2Refused(ctx context.Context, s *session) error {
	id, err := s.refusalTarget(ctx)
	if err != nil {
		return err
	}
	resp := s.send(ctx, s.endpoint.http2, customerPath(id), withoutHeaders(secretHeader))
	if resp.received() && resp.protoMajor != 2 {
		return skipHTTP2
	}
	s.expectRefusal(resp, http.StatusUnauthorized, codeInvalidKeys)
	return nil
}

func requestIDs(ctx context.Context, s *session, id string) {
	seen := map[string]response{}
	for _, resp := range []response{
		s.erase(ctx, id),
		s.erase(ctx, id),
		s.erase(ctx, id, withoutHeaders(secretHeader)),
		s.erase(ctx, id, withMethod(http.MethodPost)),
		s.send(ctx, s.endpoint.http1, "/nothing"),
	} {
		if !resp.received() {
			continue
		}
		requestID := resp.Header.Get("X-Request-Id")
		other, repeated := seen[requestID]
		switch {
		case requestID == "":
			s.found("response header X-Request-Id", RuleCaseRequestID, "no header", "an id", resp)
		case repeated:
			s.found("response header X-Request-Id", RuleCaseRequestID, "the id of another response", "a new id", other, resp)
		default:
			seen[requestID] = resp
		}
	}
}
