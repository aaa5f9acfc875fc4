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

	{"new-required-request-parameter", "they do not send it, and are refused", "they must ask for it; api.DeleteCustomerParams gains a field"},
	{"request-parameter-removed", "its field in api.DeleteCustomerParams is gone", "its field in api.DeleteCustomerParams is gone"},
	{"request-parameter-", "they may send what is refused now", "they must refuse what they accept"},

	{"response-success-status-removed", "they wait for a status that no longer comes", "they answer what is no longer in the contract; its type is gone from package api"},
	{"response-success-status-added", "they may take this success for a failure", ""},
	{"response-non-success-status-removed", "its field in api.DeleteCustomerResponse is gone", "they answer what is no longer in the contract; its type is gone from package api"},
	{"response-non-success-status-added", "they may get an answer they have no case for", ""},
	{"response-media-type-added", "", "they must send a body where none was; the answer's type in package api changes"},
	{"response-media-type-removed", "they read a body that is no longer sent", "they send a body that is no longer in the contract; the answer's type in package api changes"},
	{"response-optional-property-removed", "they read a field that is gone", "they set a field that is gone"},
	{"response-required-property-removed", "they read a field that is gone", "they set a field that is gone"},
	{"response-", "they may not be able to read the answer", "they send an answer that is no longer in the contract"},

	{"api-security-", "they send other keys than those asked for now", "they check other keys than those sent now"},
	{"api-global-security-", "they send other keys than those asked for now", "they check other keys than those sent now"},
	{"api-operation-id-", "the generated method has another name", "the method of api.StrictServerInterface has another name"},

	{"", "it may break them: read the change", "it may break them: read the change"},
}

// relaxed holds for changes that ask less of the caller, which oasdiff calls
// harmless because it looks from the caller's side only.
var relaxed = rule{"request-parameter-", "", "they must accept what they could refuse before"}

// harmlessRelaxations are words in the names of changes to parameters that ask
// nothing of a server.
var harmlessRelaxations = []string{"deprecated", "sunset", "reactivated", "default", "extension"}

func newChange(id, words string, level checker.Level) change {
	c := change{ID: id, Text: words}
	switch {
	case level >= checker.WARN:
		r := rules[slices.IndexFunc(rules, func(r rule) bool { return r.matches(id) })]
		c.ClientUsers, c.ServerImplementers = r.clientUsers, r.serverImplementers
	case relaxed.matches(id) && !slices.ContainsFunc(harmlessRelaxations, func(w string) bool { return strings.Contains(id, w) }):
		c.ServerImplementers = relaxed.serverImplementers
	}
	return c
}

func (r rule) matches(id string) bool {
	return r.name == "" || r.name == id || strings.HasSuffix(r.name, "-") && strings.HasPrefix(id, r.name)
}
