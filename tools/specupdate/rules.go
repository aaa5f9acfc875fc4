package main

import (
	"slices"
	"strings"

	"github.com/oasdiff/oasdiff/checker"
)

// A change is one difference that means something to somebody.
type change struct {
	// ID is the rule's name: one of oasdiff's, or of compare.
	ID string `json:"id"`
	// Text says what changed.
	Text string `json:"text"`
	// ClientUsers and ServerImplementers say what it means for those who call
	// through package api or client, and for those who implement
	// api.StrictServerInterface. Empty: it does not break them.
	ClientUsers        string `json:"breaks_client_users,omitempty"`
	ServerImplementers string `json:"breaks_server_implementers,omitempty"`
}

func (c change) breaks() bool { return c.ClientUsers != "" || c.ServerImplementers != "" }

// A rule says what a change means. The first rule whose name is the change's,
// or begins it when the name ends in "-", decides.
type rule struct {
	name                            string
	clientUsers, serverImplementers string
}

// rules holds for changes that oasdiff, or severities, call breaking.
var rules = []rule{
	{"path-changed", "they call a path that the specification no longer has", "they serve a path that the specification no longer has"},
	{"path-parameter-renamed", "", "its field in api.DeleteCustomerRequestObject has another name"},
	{"server-removed", "nothing promises any more that this address answers", "who serves under its base path is no longer called there"},

	{"server-base-path", "they call that server under another path than it has", "they serve under another path than that server"},

	{"new-required-request-parameter", "they do not send it, and are refused", "they must ask for it; api.DeleteCustomerParams gains a field"},
	{"request-parameter-removed", "its field in api.DeleteCustomerParams is gone", "its field in api.DeleteCustomerParams is gone"},
	{"request-body-added-optional", "", "they must accept a body"},
	{"request-parameter-", "they may send what is refused now", "they must refuse what they accept"},

	{"response-success-status-removed", "they wait for a status that no longer comes", "they answer what is no longer in the contract; its type is gone from package api"},
	{"response-success-status-added", "they may take this success for a failure", ""},
	{"response-non-success-status-removed", "its field in api.DeleteCustomerResponse is gone", "they answer what is no longer in the contract; its type is gone from package api"},
	{"response-non-success-status-added", "they may get an answer they have no case for", ""},
	{"response-body-added", "", "they must send a body where none was; the answer's type in package api changes"},
	{"response-header-required", "", "they must send a header that they did not have to send before"},
	{"response-media-type-removed", "they read a body that is no longer sent", "they send a body that is no longer in the contract; the answer's type in package api changes"},
	{"response-optional-property-removed", "they read a field that is gone", "they set a field that is gone"},
	{"response-required-property-removed", "they read a field that is gone", "they set a field that is gone"},
	{"response-", "they may not be able to read the answer", "they send an answer that is no longer in the contract"},

	{"api-security-", "they send other keys than those asked for now", "they check other keys than those sent now"},
	{"", "it may break them: read the change", "it may break them: read the change"},
}

// What changes that oasdiff calls harmless mean to a server. oasdiff looks from
// the caller's side: what may be sent has grown, or what may be answered has
// shrunk. On the other side of the wire both ask for more.
const (
	mustAccept = "they must accept what they could refuse before"
	mustKeep   = "they must keep what the answer now promises"
)

// oasdiffRules says of each of oasdiff's rules which side of the wire it is about
// and whether what may be sent there grows or shrinks.
var oasdiffRules = func() map[string]checker.BackwardCompatibilityRule {
	out := map[string]checker.BackwardCompatibilityRule{}
	for _, r := range checker.GetAllRules() {
		out[r.Id] = r
	}
	return out
}()

func newChange(id, words string, level checker.Level) change {
	c := change{ID: id, Text: words}
	theirs := oasdiffRules[id]
	switch answer := theirs.Direction == checker.DirectionResponse; {
	case level >= checker.WARN:
		r := rules[slices.IndexFunc(rules, func(r rule) bool { return r.matches(id) })]
		c.ClientUsers, c.ServerImplementers = r.clientUsers, r.serverImplementers
		if answer && theirs.Effect == checker.EffectWidens && r.name == "response-" {
			c.ServerImplementers = "" // what they answer is still in the contract
		}
	case len(theirs.Guards) > 0: // a property that is not sent, a removal that was announced
	case answer && theirs.Effect == checker.EffectNarrows:
		c.ServerImplementers = mustKeep
	case !answer && theirs.Effect == checker.EffectWidens:
		c.ServerImplementers = mustAccept
	}
	return c
}

func (r rule) matches(id string) bool {
	return r.name == "" || r.name == id || strings.HasSuffix(r.name, "-") && strings.HasPrefix(id, r.name)
}
