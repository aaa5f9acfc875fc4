package conformance

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

const retrieveCustomer = "retrieve-customer"

var _ = addRead(readOperation{
	id: retrieveCustomer, template: customerTemplate, parameter: customerIDParameter, property: "id",
	locate:  customerPath,
	value:   func(_ context.Context, _ *session, id string) (string, error) { return id, nil },
	strange: strangeIDs(),
	longest: []string{"~", strings.Repeat("a", 64)},
	tooLong: []string{strings.Repeat("a", 65), strings.Repeat("a", 650)},
	nearMisses: func(id string, strict bool) []nearMiss {
		list := nearMisses(id, strict)
		for i := range list {
			list[i].segment = "/customers/" + list[i].segment
		}
		return list
	},
	wrongPaths: func(id string) []string {
		var paths []string
		for _, w := range wrongPaths {
			if !w.collection { // another operation's
				paths = append(paths, w.paths(escape(id))...)
			}
		}
		return paths
	},
	own: []testCase{{
		name: "query", why: "the id in the path is logged and checked, so an id in the query must not be the one that is shown",
		needs: needsKeptCustomer, run: onKeptCustomer(readIDInQuery),
	}},
})

// strangeIDs returns the ids that the cases about deletions send.
func strangeIDs() []string {
	return slices.Concat(
		[]string{"клиент-ü-客", strings.Repeat("é", 64), "' OR '1'='1", `" OR ""="`, "<script>", "${x}", "a b", "a+b", "%25", "100%", "*", "%", "_"},
		[]string{"a/b", "../payments", `a\b`, "a?b", "a#b", "a;b", "..;", "a\u200bb", "\ufeffa", "a\x00b", "a\nb", "a\x7fb"},
	)
}

// readIDInQuery names an unknown customer in the path and the kept one in the query.
func readIDInQuery(ctx context.Context, s *session, kept string) {
	for _, name := range []string{"customer_id", "customerId", "id"} {
		resp := s.read(ctx, customerPath(unknownID()), withQuery(name, kept))
		s.expectReadRefused(resp, resp.refusal(), codeCustomerNotFound, codeNotFound, codeInvalidRequest, codeInvalidParam, codeBadRequest)
	}
}

// showsMerchantID returns the merchant's id that this operation shows for a customer. No
// other operation of the contract tells.
func (s *session) showsMerchantID(ctx context.Context, id string) (string, error) {
	if merchantID, known := s.merchantIDs[id]; known {
		return merchantID, nil
	}
	if !s.serves(retrieveCustomer) {
		return "", skipError("needs " + retrieveCustomer + ", which shows the merchant's id of a customer")
	}
	resp := s.ignoringFindings(func() response { return s.read(ctx, customerPath(id)) })
	merchantID, _ := resp.object()["merchant_customer_id"].(string)
	switch {
	case resp.StatusCode != http.StatusOK:
		return "", skipError("needs " + retrieveCustomer + " to show the customer")
	case merchantID == "":
		return "", skipError("needs customers with a merchant_customer_id")
	}
	s.merchantIDs[id] = merchantID
	return merchantID, nil
}
