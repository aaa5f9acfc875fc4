package conformance

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"unicode"
)

// nearMiss is a path segment that resembles a customer's id and is another one.
type nearMiss struct{ what, segment string }

func nearMisses(id string, strict bool) []nearMiss {
	same := escape(id)
	list := []nearMiss{
		{"the id with a space after it", same + "%20"},
		{"the id with a space before it", "%20" + same},
		{"the id with a line break after it", same + "%0A"},
		{"the id with a plus sign after it", same + "+"},
		{"the id with a NUL after it", same + "%00"},
		{"the id with a zero width space after it", same + "%E2%80%8B"},
		{"the id with an encoded slash after it", same + "%2F"},
		{"the id with a matrix parameter", same + ";x"},
		{"the id with an encoded matrix parameter", same + "%3Bx"},
		{"the id with an encoded query", same + "%3Fx"},
		{"the id with an encoded fragment", same + "%23x"},
		{"the id with an extension", same + ".json"},
		{"the id with a character that is encoded twice", fmt.Sprintf("%%25%02X", id[0]) + escape(id[1:])},
	}
	// The specification does not say that ids have case; UUIDs have none in
	// RFC 9562.
	if swapped := swapCase(id); strict && swapped != id {
		list = append(list, nearMiss{"the id in the other case", escape(swapped)})
	}
	return list
}

func nearMissCases() []testCase {
	return []testCase{{
		name:  "id-near-miss",
		why:   "an id that is trimmed, cut, folded or decoded twice becomes that of somebody whose erasure nobody asked for",
		needs: needsCustomer,
		run: func(ctx context.Context, s *session) error {
			id, err := s.customer(ctx)
			if err != nil {
				return err
			}
			for _, near := range nearMisses(id, s.target.Strict) {
				r := s.send(ctx, s.endpoint.http1, "/customers/"+near.segment)
				s.expectRefusal(r, http.StatusBadRequest, codeCustomerNotFound, codeInvalidParam)
				if r.accepted() { // the customer is gone, so the rest would show nothing
					s.found("request path parameter customer_id", RuleCaseOtherID, "success for "+near.what, "a refusal")
					return nil
				}
			}
			if r := s.erase(ctx, id); r.saysGone() {
				s.found("response status", RuleCaseErased, "a customer that is gone after requests for other ids", "the customer untouched")
			}
			return nil
		},
	}}
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
