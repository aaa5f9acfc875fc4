package conformance

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// The environment variables for which the commands of a report have placeholders. The
// client and the yuno-erasure command read the same ones.
const (
	envAccount       = "YUNO_ACCOUNT_CODE"
	envPublic        = "YUNO_PUBLIC_API_KEY"
	envSecret        = "YUNO_PRIVATE_SECRET_KEY"
	envSecondAccount = "YUNO_SECOND_ACCOUNT_CODE"
	envSecondPublic  = "YUNO_SECOND_PUBLIC_API_KEY"
	envSecondSecret  = "YUNO_SECOND_PRIVATE_SECRET_KEY"

	envBaseURL = "BASE_URL"
)

// A Variable stands for something in a command that a report does not repeat.
type Variable struct {
	Name    string `json:"name"`
	Meaning string `json:"meaning"` // what to set it to, such as "a customer that may be erased"
}

// placeholders replace keys, account codes and the ids of customers in what is printed about
// the requests of one case.
type placeholders struct {
	forms     []form // longest value first
	variables []Variable
}

// A form is one way in which the suite writes a value, and what is printed instead.
type form struct {
	value   string
	instead shellWord
	needs   []Variable // without those that are documented
	short   bool       // by chance a part of other words
}

// personWithID is a customer who is named in requests.
type personWithID struct {
	id, merchantID string
	origin         string // of the id, for people
}

func newPlaceholders(first, second Credentials, persons []personWithID) *placeholders {
	p := &placeholders{}
	for i, c := range []Credentials{first, second} {
		names := [][3]string{{envAccount, envPublic, envSecret}, {envSecondAccount, envSecondPublic, envSecondSecret}}[i]
		p.addValue(names[0], "", c.AccountCode)
		p.addValue(names[1], "", c.PublicAPIKey)
		p.addValue(names[2], "", c.PrivateSecretKey)
	}
	for i, person := range persons {
		number := ""
		if i > 0 {
			number = fmt.Sprintf("_%d", i+1)
		}
		id := "CUSTOMER_ID" + number
		p.addValue(id, "the id of a customer that may be erased; in this run "+person.origin, person.id)
		p.addValue("MERCHANT_CUSTOMER_ID"+number, "the merchant_customer_id of "+id, person.merchantID)
	}
	slices.SortStableFunc(p.forms, func(a, b form) int { return cmp.Compare(len(b.value), len(a.value)) })
	return p
}

// addValue adds the forms of a value that the cases send.
func (p *placeholders) addValue(name, meaning, value string) {
	if value == "" {
		return
	}
	short := len(value) < 8
	var needs []Variable
	if meaning != "" {
		needs = []Variable{{name, meaning}}
	}
	add := func(kind shellKind, source, value string, needs ...Variable) {
		if value != "" && !slices.ContainsFunc(p.forms, func(f form) bool { return f.value == value }) {
			p.forms = append(p.forms, form{value: value, instead: shellWord{{kind, source}}, needs: needs, short: short})
		}
	}
	add(shellVariable, name, value, needs...)
	quoted := `"$` + name + `"`
	if escape(value) == value { // and so is each form
		for _, derived := range []struct{ source, value string }{
			{"$(printf %s " + quoted + " | tr a-zA-Z A-Za-z)", swapCase(value)},
			{"$(printf %s " + quoted + " | tr -d -)", strings.ReplaceAll(value, "-", "")},
			{"${" + name + "%?}", shortened(value)},
			{`%25$(printf %02X "'$` + name + `")${` + name + "#?}", encodedTwice(value)},
			{"$(printf %s " + quoted + ` | od -An -v -tx1 | tr -d '\n' | awk '{for (i = 1; i <= NF; i++) printf "%%%s", i % 2 ? toupper($i) : $i}')`, escapeAll(value)},
		} {
			add(shellExpansion, derived.source, derived.value, needs...)
		}
		return
	}
	for _, derived := range []struct{ suffix, how, value string }{
		{"OTHER_CASE", "in the other case", swapCase(value)},
		{"WITHOUT_HYPHENS", "without its hyphens", strings.ReplaceAll(value, "-", "")},
		{"SHORTENED", "without its last character", shortened(value)},
		{"ESCAPED", "percent-encoded", escape(value)},
		{"OTHER_CASE_ESCAPED", "in the other case and percent-encoded", escape(swapCase(value))},
		{"SHORTENED_ESCAPED", "without its last character and percent-encoded", escape(shortened(value))},
		{"ESCAPED_TWICE", "percent-encoded, with its first character encoded twice", encodedTwice(value)},
		{"ALL_ESCAPED", "with every byte percent-encoded", escapeAll(value)},
		{"AS_QUERY", "encoded as a value in a query", url.QueryEscape(value)},
	} {
		variable := Variable{name + "_" + derived.suffix, name + " " + derived.how}
		add(shellVariable, variable.Name, derived.value, append(slices.Clone(needs), variable)...)
	}
}

// mask replaces what must not be printed in a text. Short values, which may occur in other
// words by chance, are replaced where they are a word, and nowhere unless short.
func (p *placeholders) mask(text string, short bool) shellWord {
	var word shellWord
	begin := 0
	for i := 0; i < len(text); {
		f := p.at(text, i, short)
		if f == nil {
			i++
			continue
		}
		if begin < i {
			word = append(word, shellPart{shellText, text[begin:i]})
		}
		word = append(word, f.instead...)
		p.use(f)
		i += len(f.value)
		begin = i
	}
	if begin < len(text) || len(word) == 0 {
		word = append(word, shellPart{shellText, text[begin:]})
	}
	return word
}

// at returns the form that begins at a place in a text, or nil.
func (p *placeholders) at(text string, i int, short bool) *form {
	for n := range p.forms {
		f := &p.forms[n]
		if strings.HasPrefix(text[i:], f.value) && (!f.short || short && isWord(text, i, i+len(f.value))) {
			return f
		}
	}
	return nil
}

// isWord reports whether text[i:j] is a word in a URL or a header. A word may follow an
// escaped character, and be followed by one more, as near misses are.
func isWord(text string, i, j int) bool {
	if escaped := strings.LastIndexByte(text[:i], '%'); escaped >= 0 && i-escaped <= 2 {
		return false // a part of an escaped character
	}
	begins := i == 0 || !alphanumeric(text[i-1]) || i >= 3 && text[i-3] == '%'
	ends := j == len(text) || !alphanumeric(text[j]) || j+1 == len(text) || !alphanumeric(text[j+1])
	return begins && ends
}

// use lists the variables of a form, once.
func (p *placeholders) use(f *form) {
	for _, v := range f.needs {
		if !slices.Contains(p.variables, v) {
			p.variables = append(p.variables, v)
		}
	}
}
