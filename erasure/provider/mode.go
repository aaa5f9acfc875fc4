package provider

import (
	"slices"
	"strings"
)

// Modes of a connection. A provider without modes is live.
const (
	modeLive = "live"
	modeTest = "test"
)

// expectation is what a connection should reach, by its configuration.
type expectation struct {
	mode    string // live unless the configuration or a documented host says test
	stated  bool   // by the configuration or a documented host
	account string // "" if the configuration names none
	// testKey means that a key is for test mode although nothing states that mode. It
	// works, but it may be the wrong one.
	testKey bool
}

// tellsMode reports whether anything that the description knows depends on the mode.
func (d *description) tellsMode() bool {
	for _, c := range d.checks {
		if c.mode != nil {
			return true
		}
	}
	for _, p := range d.parameters {
		if len(p.live)+len(p.test) > 0 {
			return true
		}
	}
	for _, h := range d.hosts {
		if h.mode != "" {
			return true
		}
	}
	return false
}

// tellsAccount reports whether a check tells the account.
func (d *description) tellsAccount() bool {
	return slices.ContainsFunc(d.checks, func(c *check) bool { return c.account != nil })
}

// modeOf returns the mode that a value tells by how it begins, or "".
func (p Parameter) modeOf(value string) string {
	hasPrefix := func(prefixes []string) bool {
		for _, prefix := range prefixes {
			if strings.HasPrefix(value, prefix) {
				return true
			}
		}
		return false
	}
	switch {
	case hasPrefix(p.test): // first: a live prefix may be the beginning of a test one
		return modeTest
	case hasPrefix(p.live):
		return modeLive
	}
	return ""
}

// readExpectation reads mode and account, and compares them with the parameters.
func (l *loader) readExpectation(n node, fields map[string]node, c *Connection, given map[string]node) {
	d := c.description
	mode, account := fields["mode"], fields["account"]
	c.expected.mode = modeLive
	if mode.exists() {
		c.expected.mode, c.expected.stated = mode.oneOf(modeLive, modeTest), true
		if !d.tellsMode() {
			mode.fail("has no meaning here: nothing that is known of %s tells live from test", d.name)
		}
	}
	for _, p := range d.parameters {
		at, ok := given[p.Name]
		if !ok {
			at = n
		}
		c.expectMode(p, at, mode)
	}
	if account.exists() {
		c.expected.account = account.text()
		if !d.tellsAccount() {
			account.fail("has no meaning here: no check of %s tells it", d.name)
		} else if err := kindText.check(c.expected.account); err != nil {
			account.fail("%v", err)
		}
	}
}

// expectMode compares the mode that a parameter tells with the configured one. Without
// one, a documented host decides, because it was written down; a key does not, because
// a key of the wrong mode is the mistake to find.
func (c *Connection) expectMode(p Parameter, at, mode node) {
	value := c.parameters[p.Name].reveal()
	if kind(p.Kind) == kindURL {
		told := c.description.hostMode(value)
		switch {
		case told == "":
		case told == c.expected.mode:
			c.expected.stated = true
		case mode.exists():
			at.fail("is a host for mode %s, but mode is %s", told, c.expected.mode)
		default:
			c.expected.mode, c.expected.stated = told, true
		}
		return
	}
	if told := p.modeOf(value); told != "" && told != c.expected.mode {
		if c.expected.testKey = !c.expected.stated; c.expected.stated {
			at.fail("is a key for mode %s, but mode is %s", told, c.expected.mode)
		}
	}
}

// Compares returns which parts of the configuration the check compares with what the
// provider says: mode, account. Without an account in the configuration there is none
// to compare.
func (c *Connection) Compares() []string {
	var parts []string
	if slices.ContainsFunc(c.description.checks, func(k *check) bool { return k.mode != nil }) {
		parts = append(parts, "mode")
	}
	if c.expected.account != "" {
		parts = append(parts, "account")
	}
	return parts
}
