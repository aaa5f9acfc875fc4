package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// notPersonal are the properties of a customer that an anonymised one may keep: ids, times
// and countries.
var notPersonal = map[string]bool{
	"id": true, "merchant_customer_id": true, "created_at": true, "updated_at": true, "merchant_customer_created_at": true,
	"country": true, "country_code": true, "key": true,
}

// personal lists the texts in a customer that are personal, by their place. Texts that
// are masked, such as "***", are not.
func personal(object map[string]any) map[string]string {
	texts := map[string]string{}
	var collect func(place string, value any)
	collect = func(place string, value any) {
		switch value := value.(type) {
		case map[string]any:
			for name, v := range value {
				if !notPersonal[name] {
					collect(place+"/"+name, v)
				}
			}
		case []any:
			for i, v := range value {
				collect(fmt.Sprintf("%s/%d", place, i), v)
			}
		case nil, bool:
		default:
			if text := fmt.Sprint(value); letters(masks.ReplaceAllString(text, "")) != "" {
				texts[place] = text
			}
		}
	}
	collect("", object)
	return texts
}

// object returns the body as an object, or nil if it is something else.
func (r response) object() map[string]any {
	var object map[string]any
	decoder := json.NewDecoder(strings.NewReader(string(r.Body)))
	decoder.UseNumber()
	if decoder.Decode(&object) != nil {
		return nil
	}
	return object
}

// documentedNames are the names of personal properties. Others are not printed, because
// they may contain anything.
var documentedNames = strings.Fields("first_name last_name gender date_of_birth email nationality document document_type document_number " +
	"phone number billing_address shipping_address address_line_1 address_line_2 city state zip_code neighborhood metadata value")

// printable returns a place in a customer for printing.
func printable(place string) string {
	names := strings.Split(place, "/")
	for i, name := range names {
		if _, err := strconv.Atoi(name); err != nil && name != "" && !slices.Contains(documentedNames, name) {
			names[i] = "(another key)"
		}
	}
	return strings.Join(names, "/")
}

// left returns the places at which a customer still has what was personal before. In
// another place than before, only a whole text of some length is proof.
func left(before, after map[string]any) []string {
	is := personal(after)
	var places []string
	for place, text := range personal(before) {
		for other := range is {
			moved := len(letters(text)) >= 6 && strings.Contains(letters(is[other]), letters(text))
			if moved || other == place && retains(text, is[other]) {
				places = append(places, printable(other))
			}
		}
	}
	slices.Sort(places)
	return slices.Compact(places)
}

// masks are what stands in place of the characters that a mask hides.
var masks = regexp.MustCompile(`[*#•●…]+|[xX]{3,}|\.{3,}`)

// retains reports whether after shows before, or two thirds of it. A mask may keep a little, such
// as the first letter, and all that follows the @ in an address.
func retains(before, after string) bool {
	if letters(before) == letters(after) {
		return true
	}
	before, after = letters(mailbox(before)), mailbox(after)

	for _, piece := range masks.Split(after, -1) {
		switch piece = letters(piece); {
		case piece == before:
			return true
		case len(before) >= 4 && strings.Contains(piece, before): // shorter ones occur in a mask by chance
			return true
		case len(piece) >= 4 && 3*len(piece) > 2*len(before) && strings.Contains(before, piece):
			return true
		}
	}
	return false
}

// mailbox returns what precedes the @ in an address, or a text that is none.
func mailbox(text string) string {
	if name, _, found := strings.Cut(text, "@"); found && letters(name) != "" {
		return name
	}
	return text
}

// letters returns the letters and digits of a text in lower case.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}

// discloses reports whether a response contains something personal of a customer.
func (r response) discloses(object map[string]any) bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(personal(object))), func(text string) bool {
		return len(text) >= 6 && strings.Contains(string(r.Body), text)
	})
}
