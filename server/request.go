package server

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// bodyTimeout is how long a client may take to send a body, which the contract does
// not allow.
const bodyTimeout = 5 * time.Second

// request is the part of an HTTP request that the contract defines. It is a copy, so
// that a call which outlives the request does not use what net/http has recycled.
type request struct {
	customerID   string
	publicKeys   []string
	secretKeys   []string
	accountCodes []string
	hasBody      bool
}

// customerID returns the decoded last segment of a path that is exactly
// prefix + one segment, where prefix ends with "/customers/".
//
// It looks at the path as sent. A mux that cleans the path first would serve
// /v1/customers/x/../y as a request about customer y.
func customerID(u *url.URL, prefix string) (id string, ok bool) {
	segment, ok := strings.CutPrefix(u.EscapedPath(), prefix)
	if !ok || segment == "" || strings.Contains(segment, "/") {
		return "", false
	}
	id, err := url.PathUnescape(segment)
	if err != nil {
		return "", false
	}
	// Percent-encoding a dot changes nothing (RFC 3986, section 6.2.2.2): these are
	// dot segments, which name this path's parent or the collection.
	if id == "." || id == ".." {
		return "", false
	}
	return id, true
}

// hasBody reports whether the request has a body, or may have one: proxies turn a
// request without a body into a chunked one. Use isEmpty to tell those apart.
//
// If there is a body, the response must close the connection: otherwise net/http
// would wait for up to 256 KiB of the body before it sends the response. It reads as
// much afterwards, so that the response is not lost in a reset, but for at most
// bodyTimeout.
func hasBody(w http.ResponseWriter, r *http.Request) bool {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return false
	}
	setBodyDeadline(w)
	return true
}

// isEmpty reports whether a body of undeclared length is empty. It reads the first
// byte.
func isEmpty(w http.ResponseWriter, r *http.Request) bool {
	setBodyDeadline(w)
	n, err := r.Body.Read(make([]byte, 1))
	return n == 0 && err == io.EOF
}

// setBodyDeadline gives the client bodyTimeout from now for its body. An error means
// that the writer has no deadlines, such as a test's recorder, which cannot stall.
// net/http removes the deadline at the end of a body.
func setBodyDeadline(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout))
}

// keys returns the API keys. It reports false unless each was sent exactly once and
// is not empty.
func (r request) keys() (Keys, bool) {
	public, okPublic := single(r.publicKeys)
	secret, okSecret := single(r.secretKeys)
	return Keys{PublicAPIKey: public, PrivateSecretKey: secret}, okPublic && okSecret
}

// check returns the response to the first invalid parameter, or reports true if there
// is none.
func (r request) check() (resp response, ok bool) {
	switch {
	case len(r.accountCodes) > 1:
		return repeatedAccount, false
	case len(r.accountCodes) == 0 || r.accountCodes[0] == "":
		return missingAccount, false
	case !wire.IsUUID(r.accountCodes[0]):
		return invalidAccount, false
	case wire.CheckCustomerID(r.customerID) != nil:
		return invalidCustomer, false
	case r.hasBody:
		return unexpectedBody, false
	}
	return response{}, true
}

// single returns the value of a header. It reports false unless there is exactly one
// and it is not empty.
func single(values []string) (string, bool) {
	if len(values) != 1 {
		return "", false
	}
	return values[0], values[0] != ""
}
