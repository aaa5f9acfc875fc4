package bulkdelete

import (
	"fmt"
	"strings"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
)

// doubts returns what is odd about a list of ids, in whole sentences, and whether that is
// so odd that a person has to confirm the list, however short it is: most of its lines
// have no id, or most of its ids are numbers or words. A wrong column, or the rest of a
// list that a program has damaged, is like that.
//
// Ids that are merely no UUIDs are no reason to ask: Yuno documents no other form, but a
// service of one's own may have one.
func doubts(list *bulk.List) (found []string, ask bool) {
	valid := list.Records - list.Invalid
	if 2*list.Invalid > list.Records {
		found = append(found, fmt.Sprintf("%d of %d lines have no valid id", list.Invalid, list.Records))
		ask = true
	}
	if list.Unlike > 0 {
		text := fmt.Sprintf("%d of %d do not look like Yuno's ids, which are UUIDs", list.Unlike, valid)
		if 2*list.Doubtful > valid {
			text += fmt.Sprintf("; %d of them are numbers or words", list.Doubtful)
			ask = true
		}
		found = append(found, text)
	}
	return found, ask
}

// describeList says how a list was read, how it begins, and what is odd about it, for a
// person to recognize the list. It ends with a line end.
func (d *deletion) describeList() string {
	if d.look != nil {
		return d.describeSource(shown(d.look.list), d.look.ids.reading)
	}
	found, _ := doubts(d.list)
	return d.describeSource(d.list.First, d.list.Reading, found...)
}

// describeSource is describeList for a list that begins with these ids.
func (d *deletion) describeSource(first []string, reading bulk.Reading, found ...string) string {
	var b strings.Builder
	if len(first) > 0 {
		fmt.Fprintf(&b, "The list begins with %s.\n", strings.Join(first, " and "))
	}
	if d.File != "" {
		fmt.Fprintf(&b, "The list was read as: %s.\n", reading)
	}
	for _, doubt := range found {
		fmt.Fprintf(&b, "Note: %s.\n", doubt)
	}
	return b.String()
}
