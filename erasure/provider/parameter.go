package provider

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// kind says what a parameter may hold and where it may stand.
type kind string

const (
	// kindText is any text without control characters; escaped where it stands.
	kindText kind = "text"
	// kindURL is a base URL; it stands at the beginning of a url.
	kindURL kind = "url"
	// kindPath is a piece of path such as /delete, or nothing; it stands in a url.
	kindPath kind = "path"
	// kindSecret comes from the environment or a file and is masked in previews.
	kindSecret kind = "secret"
)

// A Parameter is what a description leaves open, for a connection to set.
type Parameter struct {
	Name string
	// Kind is text, url (a base URL), path (such as /delete) or secret (only
	// from the environment or a file).
	Kind string
	// About says what it is, for people.
	About string
	// Default is used where a connection sets nothing, unless Required.
	Default string
	// Required parameters have no default.
	Required bool
}

// reserved names are variables of this package, by the place where they exist.
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
			e.fail("is not a name for a parameter: it must be lower-case letters, digits and underscores, and none of the variables that every description has")
			continue
		}
		fields := e.fields("kind", "default", "about")
		p := Parameter{
			Name:     e.key,
			Kind:     fields["kind"].oneOf(string(kindText), string(kindURL), string(kindPath), string(kindSecret)),
			Required: !fields["default"].exists(),
		}
		if about := fields["about"]; about.exists() {
			p.About = about.text()
		}
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

// check is what a value of this kind must pass. The error does not quote it.
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
			return errors.New("holds a control character")
		}
	}
	return nil
}
