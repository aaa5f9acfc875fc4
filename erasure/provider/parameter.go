package provider

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// kind says what a parameter may contain and where it may be used.
type kind string

const (
	// kindText is any text without control characters. It is escaped where it is used.
	kindText kind = "text"
	// kindURL is a base URL. It can only begin a url.
	kindURL kind = "url"
	// kindPath is part of a path such as /delete, or empty. It can only be used in a url.
	kindPath kind = "path"
	// kindSecret comes from the environment or a file and is masked in previews.
	kindSecret kind = "secret"
)

// A Parameter is a value that a description leaves to the connection.
type Parameter struct {
	Name string
	// Kind is text, url (a base URL), path (such as /delete) or secret (only
	// from the environment or a file).
	Kind string
	// About describes it for people.
	About string
	// Default is used if a connection sets no value. A required parameter has none.
	Default string
	// Required parameters must be set.
	Required bool

	live, test []string // how the values for each mode begin, as the provider documents
}

// Reserved names are the variables of this package, by the place where they are
// defined.
var (
	referenceNames = []string{"customer", "token", "payment"}
	requestNames   = []string{"idempotency_key"}
	signedNames    = []string{"method", "method_lower", "path", "body", "salt", "timestamp"}
	signatureNames = append([]string{"signature"}, signedNames...)
)

func isReserved(name string) bool {
	for _, names := range [][]string{referenceNames, requestNames, signatureNames} {
		for _, reserved := range names {
			if name == reserved {
				return true
			}
		}
	}
	return false
}

// readParameters reads the parameters of a description.
func readParameters(n node) []Parameter {
	if !n.exists() {
		return nil
	}
	var parameters []Parameter
	for _, e := range n.entries() {
		if !isCode(e.key) || isReserved(e.key) {
			e.fail("is not a valid parameter name: use lower-case letters, digits and underscores, and no built-in variable")
			continue
		}
		fields := e.fields("kind", "default", "about", "live", "test")
		p := Parameter{
			Name:     e.key,
			Kind:     fields["kind"].oneOf(string(kindText), string(kindURL), string(kindPath), string(kindSecret)),
			Required: !fields["default"].exists(),
		}
		if about := fields["about"]; about.exists() {
			p.About = about.text()
		}
		p.live, p.test = readPrefixes(fields["live"]), readPrefixes(fields["test"])
		if byDefault := fields["default"]; byDefault.exists() {
			p.Default = byDefault.text()
			if kind(p.Kind) == kindSecret {
				byDefault.fail("a secret has no default: it comes from the environment or a file")
			} else if err := kind(p.Kind).check(p.Default); err != nil {
				byDefault.fail("%v", err)
			}
		}
		parameters = append(parameters, p)
	}
	return parameters
}

// readPrefixes reads how the values for one mode begin.
func readPrefixes(n node) []string {
	if !n.exists() {
		return nil
	}
	var prefixes []string
	for _, one := range oneOrMore(n) {
		if one.text() == "" {
			one.fail("must not be empty")
		}
		prefixes = append(prefixes, one.text())
	}
	return prefixes
}

// check checks a value of this kind. The error does not contain the value.
func (k kind) check(text string) error {
	switch k {
	case kindURL:
		return checkBaseURL(text)
	case kindPath:
		return checkPath(text)
	case kindText, kindSecret:
		switch {
		case text == "":
			return errors.New("is empty")
		case !utf8.ValidString(text):
			return errors.New("is not valid UTF-8")
		case strings.TrimSpace(text) != text:
			return errors.New("begins or ends with white space")
		case strings.ContainsFunc(text, isControl):
			return errors.New("contains a control character")
		}
	}
	return nil
}
