package daemon

import (
	"slices"

	"github.com/yuno-community/yuno-customers/erasure"
)

// generalOutcomes are those that an attempt at any provider may have, besides those of its
// description ([provider.Connection.Outcomes]). A status without a rule gives others that
// begin with http_, of which these are the usual ones.
var generalOutcomes = slices.Concat(
	outcomes(erasure.OutcomeSucceeded, "", "deleted_before"),
	outcomes(erasure.OutcomeAlreadyGone, "", "nothing_to_ask"),
	outcomes(erasure.OutcomeActionRequired, erasure.ReasonKeyRefused, erasure.ReasonNotFoundUnconfirmed,
		erasure.ReasonReferencesUnreadable, "references_missing", "reference_unusable"),
	outcomes(erasure.OutcomeDeferred, erasure.ReasonMoreToDo, erasure.ReasonWaitingForTurn),
	outcomes(erasure.OutcomeRetry, erasure.ReasonNotFoundUnproven, erasure.ReasonStillThere, erasure.ReasonUnexpectedAnswer,
		erasure.ReasonUnexpectedStatus, erasure.ReasonAnswerTooLarge, "rate_limited", "timeout", "connection_failed", "tls_failed",
		"canceled", "panic", "http_408", "http_425", "http_500", "http_502", "http_503", "http_504"),
)

// laterReasons are those of targets that no outcome has.
var laterReasons = []string{
	erasure.ReasonUnexpectedAnswerRepeated, erasure.ReasonDeferredPastDeadline, erasure.ReasonDeadlinePassed,
	erasure.ReasonProviderNotConfigured, erasure.ReasonReferencesLost,
	"retried_by_operator", "reopened_by_operator", "resolved_by_operator", "reapplied_from_log", "connection_resumed",
	"connection_recovered",
}

func outcomes(kind erasure.OutcomeKind, reasons ...string) []erasure.Outcome {
	list := make([]erasure.Outcome, len(reasons))
	for i, reason := range reasons {
		list[i] = erasure.Outcome{Kind: kind, Reason: reason}
	}
	return list
}

// generalReasons are the reasons that the targets of any provider may have. The empty one is
// that of a target before its first attempt.
func generalReasons() []string {
	reasons := slices.Clone(laterReasons)
	for _, o := range generalOutcomes {
		reasons = append(reasons, o.Reason)
	}
	slices.Sort(reasons)
	return slices.Compact(reasons)
}
