package server

import (
	"io"
	"net/http"
	"net/netip"
	"time"

	"github.com/yuno-community/yuno-customers/internal/clientnet"
)

// bodyTimeout is how long a client may take to send a body, which the contract does
// not allow.
const bodyTimeout = 5 * time.Second

// request is the part of an HTTP request that the contract defines. It is a copy, so
// that a call which outlives the request does not use what net/http has recycled.
//
// It is also what the generated code, which parses the parameters, gets as its
// ResponseWriter: nothing is written to it, but operation or refused is set.
type request struct {
	http.ResponseWriter // nil

	from       netip.Prefix // the client's network
	publicKeys []string
	secretKeys []string
	operation  operation // nil if a parameter cannot be parsed
	refused    response  // the response to that parameter
	allow      string    // the other methods of the path
	hasBody    bool
}

// newRequest copies a request to method m of route rt and lets the generated code parse
// its parameters. What that says about them is used only after the keys were checked. The
// proxies are trusted to say who the client is.
func newRequest(rt *route, m method, r *http.Request, trusted []netip.Prefix) *request {
	req := &request{
		from:       clientnet.OfRequest(r, trusted),
		publicKeys: r.Header["Public-Api-Key"],
		secretKeys: r.Header["Private-Secret-Key"],
		allow:      m.others,
	}
	rt.setPathValues(r)
	m.parse(req, r)
	return req
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
func (r *request) keys() (Keys, bool) {
	public, okPublic := single(r.publicKeys)
	secret, okSecret := single(r.secretKeys)
	return Keys{PublicAPIKey: public, PrivateSecretKey: secret}, okPublic && okSecret
}

// check returns the response to the first invalid part of the request, or the zero
// response.
func (r *request) check() response {
	if r.operation == nil {
		return r.refused
	}
	if refused := r.operation.check(); refused.status != 0 {
		return refused
	}
	if r.hasBody {
		return unexpectedBody
	}
	return response{}
}

// single returns the value of a header. It reports false unless there is exactly one
// and it is not empty.
func single(values []string) (string, bool) {
	if len(values) != 1 {
		return "", false
	}
	return values[0], values[0] != ""
}
