package ops

import "github.com/yuno-community/yuno-customers/erasure"

// Advice is what a person does about a target with some reason. docs/operations.md has
// the same with its commands.
type Advice struct {
	Meaning, Do string
	// Fits is the action that fits: retry or resolve for targets, resume for their connection,
	// or none if something else has to come first and the targets then go on by themselves.
	Fits erasure.ActionKind
}

var advice = map[string]Advice{
	"ask_by_hand":                          {"The provider has no API for it.", "Ask the provider with the references, then resolve with a note.", erasure.ActionResolve},
	"request_deletion_by_form":             {"The provider takes such requests by a form.", "Send the form with the references, then resolve with a note.", erasure.ActionResolve},
	erasure.ReasonKeyRefused:               {"The provider rejected the key.", "Replace the key, then resume the connection: that tries all of these again.", erasure.ActionResumeConnection},
	"wrong_mode":                           {"The key is for test where it should be live, or the reverse.", "Correct the key or the mode, and restart: these go on once a check passes.", ""},
	"mode_not_stated":                      {"The key is for test, and nothing says that it is meant.", "Correct the key, or state mode: test, and restart: these go on once a check passes.", ""},
	"wrong_account":                        {"The key reaches another account than the configuration says.", "Correct the key or the account, and restart: these go on once a check passes.", ""},
	erasure.ReasonNotFoundUnproven:         {"The provider does not know the customer, and for a day nothing has proven the connection.", "Check the connection. If it reaches another account, correct it and retry; otherwise resolve.", erasure.ActionRetry},
	erasure.ReasonNotFoundUnconfirmed:      {"A 404 or 410 that is not in the provider's own words: often a wrong URL.", "Correct the base URL, then resume the connection: that tries all of these again.", erasure.ActionResumeConnection},
	erasure.ReasonStillThere:               {"A day after the deletion was confirmed, a read found the customer.", "Ask the provider, then retry or resolve.", erasure.ActionRetry},
	erasure.ReasonUnexpectedAnswerRepeated: {"No rule describes the response, five times or for a day.", "Look at the status in the evidence, add a rule to the description and restart; then retry.", erasure.ActionRetry},
	"request_refused":                      {"The provider refused this request, as its documentation describes.", "Look at the customer at the provider, end what it names, then retry.", erasure.ActionRetry},
	"client_refused":                       {"The provider does not accept this version of its API any more.", "Update the service, or describe the newer API and restart; then retry.", erasure.ActionRetry},
	"active_recurring_token":               {"The customer has a recurring payment at the provider.", "End it there, then retry.", erasure.ActionRetry},
	"account_locked":                       {"The account at the provider is locked.", "Have it unlocked, then retry.", erasure.ActionRetry},
	erasure.ReasonDeferredPastDeadline:     {"The provider will not delete before the deadline.", "Keep its date as evidence, and retry then.", erasure.ActionRetry},
	erasure.ReasonDeadlinePassed:           {"The deadline passed before the first attempt.", "Find out why no worker was there, then retry.", erasure.ActionRetry},
	erasure.ReasonProviderNotConfigured:    {"No running process has that connection.", "Add it to the configuration: these go on by themselves.", ""},
	"references_missing":                   {"The import lacks the references that the provider needs.", "Ask the provider by hand, then resolve with a note.", erasure.ActionResolve},
	"reference_unusable":                   {"A reference of the import cannot be sent.", "Ask the provider by hand, then resolve with a note.", erasure.ActionResolve},
	erasure.ReasonReferencesUnreadable:     {"No key opens the references.", "Restore the key or the row, then retry; or find the customer at the provider by hand, then resolve.", erasure.ActionRetry},
	erasure.ReasonReferencesLost:           {"The erasure came from a log, and the backup did not have the customer.", "Ask the provider by hand, then resolve with a note.", erasure.ActionResolve},
}

// AdviceOn returns the advice on a reason. Reasons of a provider's own description, and those
// after which a deadline passed, have a general one.
func AdviceOn(reason string) Advice {
	if a, ok := advice[reason]; ok {
		return a
	}
	return Advice{"The last response of the provider before it came to an end.", "Look at the evidence and at the provider, then retry or resolve.", erasure.ActionRetry}
}
