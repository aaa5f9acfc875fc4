package bulk

import "net/http"

// kind is what a result says about the service. It decides what a run does when
// sameOutcomeLimit results in a row are of one kind:
//
//	kind      results                                        the first 20     20 later on
//	worked    accepted; gone, if an earlier run has          goes on          goes on
//	          an accepted one
//	decided   not found; gone; 400, 409, 410 or 422 with     stops            goes on
//	          a code: a response about this id               (all alike)
//	mistaken  401, 403, 404, 405, 407; no such host, proxy   stops            waits
//	          failed, TLS failed: a person has to act
//	away      any other: no connection, no response, 3xx,    waits            waits
//	          408, 429, 5xx, a page without a code
//
// Later on means after the first response about an id. Then a mistake is most likely
// somebody else's, who will notice: keys that are being replaced, a proxy or a route that
// is being changed. Before that, it is most likely in this command's own settings.
//
// In the first column, an id that is gone is like one that was not found. An earlier run
// with lost responses, or of a proxy that refused, leaves ids that may have been erased;
// in the wrong account, all of these are gone.
type kind int

const (
	worked kind = iota
	decided
	mistaken
	away
)

// kindOf returns the kind of a result. proven says that the account has accepted an id in
// an earlier run. It does not matter in this one: after the first that is accepted, no
// others are all alike.
func kindOf(r Result, proven bool) kind {
	switch r.Outcome {
	case Accepted:
		return worked
	case NotFound, Invalid:
		return decided
	case MaybeDeleted:
		switch {
		case r.Unsettled():
		case proven:
			return worked
		default:
			return decided
		}
	}
	switch r.Status {
	case http.StatusBadRequest, http.StatusConflict, http.StatusGone, http.StatusUnprocessableEntity:
		if r.Code != "" { // a page of a proxy has none
			return decided
		}
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusProxyAuthRequired:
		return mistaken
	case 0:
		switch r.Code {
		case CodeNoSuchHost, CodeProxyFailed, CodeTLSFailed:
			return mistaken
		}
	}
	return away
}
