package main

import (
	"slices"
	"strings"

	"github.com/oasdiff/oasdiff/checker"
)

// A change is a difference with a meaning for client users or server implementers.
type change struct {
	// ID is the name of the rule, of oasdiff or of this command.
	ID string `json:"id"`
	// Text says what changed.
	Text string `json:"text"`
	// ClientUsers and ServerImplementers say what the change means for users of
	// package api or client, and for implementations of api.StrictServerInterface.
	// Empty means that it does not break them.
	ClientUsers        string `json:"breaks_client_users,omitempty"`
	ServerImplementers string `json:"breaks_server_implementers,omitempty"`
}

func (c change) breaks() bool { return c.ClientUsers != "" || c.ServerImplementers != "" }

// A rule says what a change means. The first rule decides whose name equals the ID
// of the change, or is a prefix of it if the name ends in "-".
type rule struct {
	name                            string
	clientUsers, serverImplementers string
}

// rules apply to changes that oasdiff or severities call breaking.
var rules = []rule{
	{"path-changed", "they call a path that the specification no longer has", "they serve a path that the specification no longer has"},
	{"path-parameter-renamed", "", "its field in the request object of package api has another name"},
	{"server-removed", "the address that they call may no longer work", "clients no longer call them under its base path"},

	{"server-base-path", "they call that server under another path than it has", "they serve under another path than that server"},

	{"new-required-request-parameter", "they do not send it, and their requests are refused", "they must require it; the operation's parameters in package api gain a field"},
	{"request-parameter-removed", "its field in the operation's parameters of package api is gone", "its field in the operation's parameters of package api is gone"},
	{"request-body-added-optional", "", "they must accept a body"},
	{"request-parameter-", "they may send what is refused now", "they must refuse what they accept"},

	{"response-success-status-removed", "they expect a status that is no longer sent", "they send a response that is no longer in the contract; its type is gone from package api"},
	{"response-success-status-added", "they may treat this success as a failure", ""},
	{"response-non-success-status-removed", "its field in the operation's response of package api is gone", "they send a response that is no longer in the contract; its type is gone from package api"},
	{"response-non-success-status-added", "they may receive a response that they do not handle", ""},
	{"response-body-added", "", "they must send a body where none was; the type of the response in package api changes"},
	{"response-header-required", "", "they must send a header that they did not have to send before"},
	{"response-media-type-removed", "they read a body that is no longer sent", "they send a body that is no longer in the contract; the type of the response in package api changes"},
	{"response-optional-property-removed", "they read a field that is gone", "they set a field that is gone"},
	{"response-required-property-removed", "they read a field that is gone", "they set a field that is gone"},
	{"response-", "they may fail to read the response", "they send a response that is no longer in the contract"},

	{"api-security-", "they send other keys than the contract requires", "they check other keys than the contract requires"},
	{"", "it may break them: read the change", "it may break them: read the change"},
}

// What changes that oasdiff calls harmless mean for a server. oasdiff judges for the
// caller: more requests are allowed, or fewer responses. A server must do more for
// both.
const (
	mustAccept = "they must accept requests that they could refuse before"
	mustKeep   = "they must meet what the contract now promises about the response"
)

// oasdiffRules say for each rule of oasdiff whether it is about requests or
// responses, and whether it allows more or less of them.
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
	switch response := theirs.Direction == checker.DirectionResponse; {
	case level >= checker.WARN:
		r := rules[slices.IndexFunc(rules, func(r rule) bool { return r.matches(id) })]
		c.ClientUsers, c.ServerImplementers = r.clientUsers, r.serverImplementers
		if response && theirs.Effect == checker.EffectWidens && r.name == "response-" {
			c.ServerImplementers = "" // their responses are still in the contract
		}
	case len(theirs.Guards) > 0: // a property that is never sent, or an announced removal
	case response && theirs.Effect == checker.EffectNarrows:
		c.ServerImplementers = mustKeep
	case !response && theirs.Effect == checker.EffectWidens:
		c.ServerImplementers = mustAccept
	}
	return c
}

func (r rule) matches(id string) bool {
	return r.name == "" || r.name == id || strings.HasSuffix(r.name, "-") && strings.HasPrefix(id, r.name)
}
