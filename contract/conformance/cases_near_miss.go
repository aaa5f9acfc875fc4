package conformance

import (
	"context"
	"fmt"
	"net/http"
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
		resp := s.send(ctx, s.endpoint.http1, "/customers/"+near.segment)
		s.expectRefusal(resp, http.StatusBadRequest, codeCustomerNotFound, codeInvalidParam)
		if resp.accepted() { // the customer is erased, so further requests would show nothing
			s.found("request path parameter customer_id", RuleCaseOtherID, "success for "+near.what, "a refusal")
			return
		}
	}
	if s.erase(ctx, id).saysGone() {
		s.found("response status", RuleCaseErased, "a customer that is gone after requests for other ids", "the customer unchanged")
	}
}

// nearMiss is a path segment that resembles a customer's id but is a different id.
type nearMiss struct{ what, segment string }

func nearMisses(id string, strict bool) []nearMiss {
	same := escape(id)
	list := []nearMiss{
		{"the id followed by a space", same + "%20"},
		{"the id preceded by a space", "%20" + same},
		{"the id followed by a line break", same + "%0A"},
		{"the id followed by a plus sign", same + "+"},
		{"the id followed by NUL", same + "%00"},
		{"the id followed by a zero width space", same + "%E2%80%8B"},
		{"the id followed by an encoded slash", same + "%2F"},
		{"the id with a matrix parameter", same + ";x"},
		{"the id with an encoded matrix parameter", same + "%3Bx"},
		{"the id with an encoded query", same + "%3Fx"},
		{"the id with an encoded fragment", same + "%23x"},
		{"the id with a file extension", same + ".json"},
		{"the id with a character encoded twice", fmt.Sprintf("%%25%02X", id[0]) + escape(id[1:])},
	}
	// The specification does not say whether ids are case-sensitive, and UUIDs are not
	// (RFC 9562).
	if swapped := swapCase(id); strict && swapped != id {
		list = append(list, nearMiss{"the id in the other case", escape(swapped)})
	}
	return list
}

// swapCase swaps the case of every letter.
func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, s)
}
