package conformance

import (
	"context"
	"net/http"
	"strings"

	"github.com/yuno-community/yuno-customers/contract"
)

// A request of this contract has no body.
var (
	jsonBody    = withBody("application/json", `{"reason":"gdpr"}`)
	chunkedBody = withChunkedBody(`{}`)
)

var bodyCases = []testCase{
	{
		name:  "body-json",
		why:   "proxies disagree about a DELETE with a body, so accepting one invites request smuggling",
		needs: needsStrict,
		run: onRefusalTarget(func(ctx context.Context, s *session, id string) {
			s.expectBodyRefused(s.erase(ctx, id, jsonBody))
		}),
	},
	{
		name:  "body-chunked",
		why:   "a body of undeclared length is a body too",
		needs: needsStrict,
		run: onRefusalTarget(func(ctx context.Context, s *session, id string) {
			s.expectBodyRefused(s.erase(ctx, id, chunkedBody))
		}),
	},
	{
		name:  "body-large",
		why:   "a body that is not wanted must not keep a server busy",
		needs: needsStrict,
		run:   onRefusalTarget(bodyLarge),
	},
}

func (s *session) expectBodyRefused(resp response) {
	s.expectRefusal(resp, http.StatusBadRequest, codeInvalidRequest, codeBadRequest, codeInvalidParam)
}

// bodyLarge sends more than a server should read, but less than what makes net/http and
// others close the connection before their response has arrived.
func bodyLarge(ctx context.Context, s *session, id string) {
	resp := s.erase(ctx, id, withChunkedBody(strings.Repeat("x", 128<<10)))
	s.expectBodyRefused(resp)
	if !resp.received() {
		s.dropLast(contract.RuleNoResponse) // closing the connection is a refusal as well
	}
}
