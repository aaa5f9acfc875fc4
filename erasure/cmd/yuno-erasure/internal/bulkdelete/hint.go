package bulkdelete

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

// hints say what is probably wrong, and what to do about it, by the code of a result: those
// of package bulk and of [readCode], and those that Yuno documents. ACCOUNT and BASEURL
// stand for those of the run. Yuno's 400s but CUSTOMER_NOT_FOUND share a hint, since one of
// its codes is as good as another to somebody who has only an id.
var hints = map[string]string{
	bulk.CodeAborted:           "a second Ctrl-C ended the request: the same with --resume settles it",
	bulk.CodeConnectionRefused: "nothing listens at BASEURL: is the base URL right, and the service up?",
	bulk.CodeConnectionLost:    "the connection broke before there was a response: try again later",
	bulk.CodeNoSuchHost:        "there is no host of the name in BASEURL: correct the base URL",
	bulk.CodeHostLookupFailed:  "this machine's name servers do not respond: check its network",
	bulk.CodeHostUnreachable:   "there is no way to BASEURL from this machine: check its network, VPN and firewall",
	bulk.CodeProxyFailed:       "the proxy does not connect: check HTTPS_PROXY and NO_PROXY, and the user and password in the proxy's address",
	bulk.CodeTLSFailed:         "TLS failed: does BASEURL speak TLS, and is it blocked by a firewall?",
	bulk.CodeTimeout:           "no response in time: is the service up, and does no firewall drop the traffic to BASEURL?",
	bulk.CodeTooManyOpenFiles:  "this machine allows the program too few open files: ulimit -n 4096, or a smaller --concurrency",
	bulk.CodeNoResponse:        "the response was lost: the same with --resume settles it",

	bulk.CodeErasureUnfinished: "erased before, not finished: a provider may still have the data. The operator of the service finds out with: yuno-erasure erasures list --state attention_required",

	codeUnexpected:    proxyHint,
	codeOtherCustomer: "the merchant's id leads to another customer or to several: find out to whom, and erase by Yuno's id",

	wire.CodeCustomerNotFound: "account ACCOUNT has no such customer: erased before, or an id of another account or environment",

	wire.CodeInvalidRequest:    rejectedHint,
	wire.CodeInvalidParameters: rejectedHint,
	wire.CodeMissingParameters: rejectedHint,
	wire.CodeBadRequest:        rejectedHint,
	wire.CodeNotFound:          "the path does not exist: correct the base URL BASEURL",
	wire.CodeInvalidAccountID:  "the account code is wrong: take it from the Dashboard",

	wire.CodeInvalidCredentials:    keysHint,
	wire.CodeInvalidToken:          keysHint,
	wire.CodeExpiredCredentials:    "the keys have expired: create new ones in the Dashboard",
	wire.CodeUnknownIPAddress:      "this machine's IP address is not on the account's list: add it in the Dashboard",
	wire.CodeAuthorizationRequired: "the keys are those of another account: may they use account ACCOUNT?",

	wire.CodeUnsupportedMethod:  "this address takes no deletes: correct the base URL BASEURL",
	wire.CodeTooManyRequests:    overloadHint,
	wire.CodeInternalError:      serverHint,
	wire.CodeServiceUnavailable: serverHint,
	wire.CodeRequestTimeout:     serverHint,
}

const (
	rejectedHint = "the service rejects the request: check where the id comes from"
	keysHint     = "the keys are wrong: are they those of account ACCOUNT?"
	overloadHint = "too many requests: set a lower --rate, and --resume later"
	serverHint   = "the service failed: the same with --resume later"
	proxyHint    = "this is no response of Yuno's: check the base URL BASEURL, and proxies and firewalls on the way"
)

// goneHint is for a CUSTOMER_NOT_FOUND after an attempt whose response was lost.
const goneHint = "gone, most likely by an earlier attempt of yours: treat it as accepted, unless others erase your customers too"

// unsettledHint is for every other result after which the customer may be erased.
const unsettledHint = "it may have been accepted: the same with --resume settles it"

// hint returns what to do about results of this kind, or "" for what needs nothing.
func (d *destination) hint(outcome bulk.Outcome, status int, code string) string {
	text, known := hints[code]
	gone := code == wire.CodeCustomerNotFound && status < 500
	switch {
	case outcome == bulk.Accepted:
		return ""
	case outcome == bulk.Invalid:
		return "nothing was sent: correct them in the list, and continue with --resume"
	case outcome == bulk.NotFound: // a look-up by the merchant's id gets 404
		text = hints[wire.CodeCustomerNotFound]
	case outcome == bulk.MaybeDeleted && gone:
		return goneHint
	case outcome == bulk.Failed && code == bulk.CodeNoResponse:
		text = "there was no connection: the same with --resume later"
	case code == bulk.CodeTLSFailed:
		text = cmp.Or(d.tls.hint(), text)
	case code != "" && known && status != http.StatusNotFound:
	default:
		text = statusHint(status, d.lacksVersion())
	}
	if outcome == bulk.MaybeDeleted && code != bulk.CodeAborted && code != bulk.CodeNoResponse && code != bulk.CodeErasureUnfinished {
		text += "; " + unsettledHint
	}
	return strings.NewReplacer("ACCOUNT", d.account, "BASEURL", d.baseURL).Replace(text)
}

// statusHint returns the hint for a response whose code says nothing. It mostly comes from
// something between here and the service.
func statusHint(status int, lacksVersion bool) string {
	switch {
	case status == http.StatusNotFound && lacksVersion:
		return "the path does not exist: the base URL BASEURL lacks /v1"
	case status == http.StatusNotFound:
		return hints[wire.CodeNotFound]
	case status == http.StatusProxyAuthRequired:
		return hints[bulk.CodeProxyFailed]
	case status == http.StatusTooManyRequests:
		return overloadHint
	case status == http.StatusMethodNotAllowed:
		return hints[wire.CodeUnsupportedMethod]
	case status >= 300 && status < 400:
		return "the address redirects to another one, which is never followed with keys: correct the base URL BASEURL"
	case status >= 500, status == http.StatusRequestTimeout:
		return serverHint
	case status == 0:
		return hints[bulk.CodeNoResponse]
	}
	return proxyHint
}
