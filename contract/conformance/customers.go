package conformance

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// distinct returns the places of the ids in a list, without those of ids that come before.
// Ids that differ only in case may be one customer.
func distinct(ids []string) []int {
	var places []int
	seen := map[string]bool{}
	for i, id := range ids {
		if key := strings.ToLower(id); !seen[key] {
			seen[key] = true
			places = append(places, i)
		}
	}
	return places
}

// isNobody reports whether a near miss of a customer's id is certainly not the id of another
// customer, who must not be erased. No customer has an id that breaks the rule for ids.
func (s *session) isNobody(ctx context.Context, near, id string) bool {
	switch {
	case wire.CheckCustomerID(near) != nil:
		return true
	case slices.Contains(s.target.Customers, near):
		return false
	case s.looksUp():
		exists, err := s.exists(ctx, near)
		return err == nil && !exists
	case s.serves(retrieveCustomer):
		resp := s.ignoringFindings(func() response { return s.read(ctx, customerPath(near)) })
		return resp.notFound() || resp.object()["id"] == id
	}
	return s.target.NewCustomer != nil || wire.IsUUID(id)
}

// onlyInFirst returns nil if the second account certainly has no customer with an id, who
// would be erased by a request with that account.
func (s *session) onlyInFirst(ctx context.Context, id string) error {
	if s.target.NewCustomer != nil || wire.IsUUID(id) {
		return nil
	}
	if s.serves(retrieveCustomer) && s.ignoringFindings(func() response {
		return s.read(ctx, customerPath(id), withKeys(s.target.SecondAccount))
	}).notFound() {
		return nil
	}
	return skipError("needs a customer whose id is a UUID: the second account may have a customer with the same id, who would be erased")
}

// onForeign runs f with a customer that only the first account has.
func onForeign(customer func(*session, context.Context) (string, error), f caseFunc) func(context.Context, *session) error {
	return func(ctx context.Context, s *session) error {
		id, err := customer(s, ctx)
		if err != nil {
			return err
		}
		if err := s.onlyInFirst(ctx, id); err != nil {
			return err
		}
		f(ctx, s, id)
		return nil
	}
}

// trySecondAccount finds out, once, whether the target accepts the credentials of the second
// account: if they are wrong, a refusal shows nothing.
func (s *session) trySecondAccount(ctx context.Context) {
	if s.secondTried || s.target.SecondAccount == (Credentials{}) {
		return
	}
	s.secondTried = true
	resp := s.ignoringFindings(func() response { return s.erase(ctx, unknownID(), as(s.target.SecondAccount)) })
	if resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden {
		s.secondRefused = fmt.Sprintf("status %d", resp.StatusCode)
	}
}
