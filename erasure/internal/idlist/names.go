package idlist

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// What exports call a column of ids, in English, Spanish, Portuguese and German, as
// normalize returns it.
var (
	customerColumns = []string{
		"id", "ids", "uuid", "customerid", "customerids", "customeruuid", "yunoid", "yunocustomerid", "customersid",
		"idcliente", "clienteid", "iddecliente", "iddelcliente", "iddocliente", "kundenid",
	}
	merchantColumns = []string{
		"merchantcustomerid", "merchantcustomerids", "externalid", "externalcustomerid", "customerexternalid",
	}
	// otherColumns name a column that may have ids, or names of people.
	otherColumns = []string{"customer", "customers", "cliente", "clientes", "kunde", "kunden"}
)

// normalize returns a name without what people write differently: case, spaces, "_", "-",
// and the byte order mark that a concatenated file has in the middle.
func normalize(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == '\ufeff' || unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// namesColumn reports whether the text is what exports call a column of such ids.
func (r *Rule) namesColumn(text string) bool {
	const longest = 40
	if len(text) > longest {
		return false
	}
	name := normalize(text)
	return slices.ContainsFunc(r.columns, func(set []string) bool { return slices.Contains(set, name) }) ||
		slices.Contains(otherColumns, name)
}

// names are the names of the columns of a table, or of the fields of an object.
type names struct {
	what string // "column" or "field"
	all  []string
}

// find returns which of the names is the wanted one, or without a wanted one, which of
// them is that of ids.
func (n names) find(wanted string, rule *Rule) (int, *FormatError) {
	if wanted != "" {
		return n.named(wanted)
	}
	for _, set := range rule.columns {
		if fit := n.fitting(func(name string) bool { return slices.Contains(set, normalize(name)) }); len(fit) > 0 {
			return n.only(fit, "")
		}
	}
	return 0, &FormatError{
		Reason: fmt.Sprintf("has no %s that is called like a %s; it has %s", n.what, rule.Name, n.list()),
		Hint:   fmt.Sprintf("--%s with the name of the one with the ids", n.what),
	}
}

func (n names) named(wanted string) (int, *FormatError) {
	if exact := n.fitting(func(name string) bool { return name == wanted }); len(exact) > 0 {
		return n.only(exact, wanted)
	}
	if similar := n.fitting(func(name string) bool { return normalize(name) == normalize(wanted) }); len(similar) > 0 {
		return n.only(similar, wanted)
	}
	return 0, &FormatError{
		Reason: fmt.Sprintf("has no %s %q; it has %s", n.what, wanted, n.list()),
		Hint:   fmt.Sprintf("--%s with one of these names", n.what),
	}
}

// longestName is the length of the longest name that may be chosen, in bytes. The journal
// keeps it.
const longestName = 255

func (n names) fitting(fits func(string) bool) (found []int) {
	for i, name := range n.all {
		if len(name) <= longestName && fits(name) {
			found = append(found, i)
		}
	}
	return found
}

// only returns the one that was found. With more, it says how to choose: by name, if they
// have different ones.
func (n names) only(found []int, wanted string) (int, *FormatError) {
	if len(found) == 1 {
		return found[0], nil
	}
	several := names{what: n.what}
	for _, i := range found {
		several.all = append(several.all, n.all[i])
	}
	first := several.all[0]
	if slices.Contains(several.all[1:], first) {
		return 0, &FormatError{
			Reason: fmt.Sprintf("has more than one %s %s", n.what, quoteName(first)),
			Hint:   "a copy of the file in which the other one has another name",
		}
	}
	reason := "has more than one " + n.what + " that could be the ids: "
	if wanted != "" {
		reason = fmt.Sprintf("has more than one %s like %q: ", n.what, wanted)
	}
	return 0, &FormatError{Reason: reason + several.list(), Hint: fmt.Sprintf("--%s with one of these names", n.what)}
}

// list lists the names for people.
func (n names) list() string {
	const most = 20
	var named []string
	for _, i := range n.fitting(func(name string) bool { return name != "" }) {
		named = append(named, quoteName(n.all[i]))
	}
	switch {
	case len(named) == 0:
		return "no " + n.what + " with a name"
	case len(named) > most:
		return strings.Join(named[:most], ", ") + fmt.Sprintf(" and %d more", len(named)-most)
	case len(named) == 1:
		return "only " + named[0]
	}
	last := len(named) - 1
	return strings.Join(named[:last], ", ") + " and " + named[last]
}

// quoteName quotes a name so that it is printable and not too long for a message.
func quoteName(name string) string {
	const longest = 40
	if characters := []rune(name); len(characters) > longest {
		name = string(characters[:longest]) + "…"
	}
	return strconv.Quote(name)
}

// alike reports whether the first row of a table is one like the second, and no header: in
// some column, both have the same form with digits in it.
func alike(first, second []string) bool {
	for i, cell := range first[:min(len(first), len(second))] {
		if shape := shapeOf(cell); strings.Contains(shape, "9") && shape == shapeOf(second[i]) {
			return true
		}
	}
	return false
}

// lookLikeData reports whether a first row is data and no header: one of its cells is an
// id, or a value that no column is called by.
func lookLikeData(cells []string) bool {
	return slices.ContainsFunc(cells, func(cell string) bool {
		digits := strings.Trim(cell, "0123456789.,-+/: ()") == "" && strings.ContainsAny(cell, "0123456789")
		return looksLikeUUID(cell) || strings.Contains(cell, "@") || digits || personal(cell) != ""
	})
}
