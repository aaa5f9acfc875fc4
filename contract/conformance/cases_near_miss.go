package conformance

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode"
)

var nearMissCases = []testCase{{
	name:  "id-near-miss",
	why:   "an id that is trimmed, cut, case-folded or decoded twice may become that of another customer",
	needs: needsCustomer,
	run:   onCustomer(idNearMiss),
}}

func idNearMiss(ctx context.Context, s *session, id string) {
	for _, near := range nearMisses(id, s.target.Strict) {
		if !s.isNobody(ctx, near.value, id) {
			continue
		}
		resp := s.send(ctx, s.endpoint.http1, "/customers/"+near.segment)
		s.expectRefusal(resp, http.StatusBadRequest, codeCustomerNotFound, codeInvalidParam)
		if resp.accepted() { // the customer is erased, so further requests would show nothing
			s.found("request path parameter customer_id", RuleCaseOtherID, "success for "+near.what, "a refusal", resp)
			return
		}
	}
	if s.erase(ctx, id).saysGone() {
		s.found("response status", RuleCaseErased, "a customer that is gone after requests for other ids", "the customer unchanged")
	}
}

// nearMiss is a path segment that resembles a customer's id but is a different id.
// Of reads, segment is the whole path and query.
type nearMiss struct{ what, segment, value string }

func nearMisses(id string, strict bool) []nearMiss {
	same := escape(id)
	list := []nearMiss{
		{what: "the id followed by a space", segment: same + "%20"},
		{what: "the id preceded by a space", segment: "%20" + same},
		{what: "the id followed by a line break", segment: same + "%0A"},
		{what: "the id followed by a plus sign", segment: same + "+"},
		{what: "the id followed by NUL", segment: same + "%00"},
		{what: "the id followed by a zero width space", segment: same + "%E2%80%8B"},
		{what: "the id followed by an encoded slash", segment: same + "%2F"},
		{what: "the id with a matrix parameter", segment: same + ";x"},
		{what: "the id with an encoded matrix parameter", segment: same + "%3Bx"},
		{what: "the id with an encoded query", segment: same + "%3Fx"},
		{what: "the id with an encoded fragment", segment: same + "%23x"},
		{what: "the id with a file extension", segment: same + ".json"},
		{what: "the id with a character encoded twice", segment: encodedTwice(id)},
	}
	// The specification does not say whether ids are case-sensitive, and UUIDs are not
	// (RFC 9562).
	if swapped := swapCase(id); strict && swapped != id {
		list = append(list, nearMiss{what: "the id in the other case", segment: escape(swapped)})
	}
	for i := range list {
		list[i].value, _ = url.PathUnescape(list[i].segment) // always valid
	}
	return list
}

// encodedTwice escapes an id, and its first character once more.
func encodedTwice(id string) string { return fmt.Sprintf("%%25%02X", id[0]) + escape(id[1:]) }

// swapCase swaps the case of every letter.
func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, s)
}
