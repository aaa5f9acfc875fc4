package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

const externalID = "merchant_customer_id"

var _ = addRead(readOperation{
	id: "retrieve-customer-by-external-id", template: "/customers", parameter: externalID, property: externalID,
	locate:     func(value string) string { return "/customers?" + externalID + "=" + escape(value) },
	value:      func(ctx context.Context, s *session, id string) (string, error) { return s.showsMerchantID(ctx, id) },
	strange:    append(strangeIDs(), "a&b=c", "a&"+externalID+"=b", "a=b", "a,b", "[a]", "{a}", "null", "0", " "),
	longest:    []string{"a", strings.Repeat("a", 255), strings.Repeat("é", 255)},
	tooLong:    []string{strings.Repeat("a", 256), strings.Repeat("é", 256)},
	nearMisses: externalNearMisses,
	wrongPaths: func(value string) []string {
		query := "?" + externalID + "=" + escape(value)
		return []string{"/customers/" + query, "//customers" + query, "/Customers" + query, "/customers/." + query, "/x/customers" + query, "/customers//" + query}
	},
	own: []testCase{
		{name: "parameter-missing", why: "a request that lost its id must not get the first customer there is, or all of them",
			run: externalIDMissing},
		{name: "parameter-repeated", why: "of two ids, a proxy may check one and the server use the other",
			needs: needsStrict | needsKeptCustomer, run: onKeptCustomer(externalIDRepeated)},
		{name: "customer-id", why: "the two ids belong to different parties: a merchant's id may equal the id of another customer",
			needs: needsKeptCustomer, run: onKeptCustomer(externalIDOfYuno)},
	},
})

// externalNearMisses resemble the merchant's id: as a prefix or a pattern, or cut.
func externalNearMisses(id string, strict bool) []nearMiss {
	var list []nearMiss
	for _, near := range []struct{ what, value string }{
		{"the id followed by a space", id + " "},
		{"the id preceded by a space", " " + id},
		{"the id followed by a line break", id + "\n"},
		{"the id followed by NUL", id + "\x00"},
		{"the id followed by a zero width space", id + "\u200b"},
		{"the id followed by a comma", id + ","},
		{"the id in quotes", `"` + id + `"`},
		{"the id with one character more", id + "0"},
		{"the id as a pattern of SQL", id + "%"},
		{"the id as a pattern of a shell", id + "*"},
		{"the id with a character encoded twice", fmt.Sprintf("%%%02X", id[0]) + id[1:]},
	} {
		list = append(list, nearMiss{what: near.what, segment: "/customers?" + externalID + "=" + escape(near.value), value: near.value})
	}
	if cut := id[:len(id)-1]; cut != "" {
		list = append(list, nearMiss{what: "the id without its last character", segment: "/customers?" + externalID + "=" + escape(cut), value: cut})
	}
	list = append(list,
		nearMiss{what: "the id in a parameter of another name", segment: "/customers?id=" + escape(id)},
		nearMiss{what: "the id in a parameter in the other case", segment: "/customers?" + strings.ToUpper(externalID) + "=" + escape(id)},
		nearMiss{what: "the id in a list", segment: "/customers?" + externalID + "[]=" + escape(id)})
	// The specification does not say whether the merchant's ids are case-sensitive.
	if swapped := swapCase(id); strict && swapped != id {
		list = append(list, nearMiss{what: "the id in the other case", segment: "/customers?" + externalID + "=" + escape(swapped), value: swapped})
	}
	return list
}

// externalIDMissing wants no customer, although the parameter is not marked as required.
func externalIDMissing(ctx context.Context, s *session) error {
	if _, err := s.keptCustomer(ctx); err != nil && !errors.Is(err, errNoCustomer) { // to be found by mistake
		return err
	}
	for label, path := range map[string]string{
		"no query": "/customers", "an empty query": "/customers?", "an empty value": "/customers?" + externalID + "=", "no value": "/customers?" + externalID,
	} {
		s.labelled(label, func() {
			s.expectReadRefused(s.read(ctx, path), http.StatusBadRequest, codeMissingParam, codeInvalidParam, codeInvalidRequest, codeCustomerNotFound)
		})
	}
	return nil
}

// externalIDRepeated sends the parameter twice, once with the id of a customer.
func externalIDRepeated(ctx context.Context, s *session, kept string) {
	value, err := s.showsMerchantID(ctx, kept)
	if err != nil {
		value = unknownID()
	}
	known, other := externalID+"="+escape(value), externalID+"="+unknownID()
	for _, query := range []string{known + "&" + other, other + "&" + known, known + "&" + known} {
		s.expectReadRefused(s.read(ctx, "/customers?"+query), http.StatusBadRequest, codeInvalidParam)
	}
}

// externalIDOfYuno asks by the customer's own id in place of the merchant's.
func externalIDOfYuno(ctx context.Context, s *session, kept string) {
	resp := s.read(ctx, "/customers?"+externalID+"="+escape(kept))
	if resp.accepted() && resp.object()[externalID] != kept {
		s.found("response body", RuleCaseOtherID, "a customer found by the id of Yuno", "a refusal", resp)
	}
}
