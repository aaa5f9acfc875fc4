package client

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
)

// headerAccountCode is defined by the contract; a test compares the two.
const headerAccountCode = "X-Account-Code"

// attemptState is what the key layer needs to know about one attempt, and what it
// learns. It is the context of the attempt's request: the key layer finds it with
// Value, behind any middleware. Middleware may call the key layer more than once,
// and may replace what the key layer returned.
type attemptState struct {
	context.Context
	want requestIdentity
	id   string // the customer's

	reachedNetwork atomic.Bool  // the network layer was called
	sending        sending      // of its first call
	ambiguousCalls atomic.Int32 // its calls, running ones included, after which the erasure may have been accepted
}

type attemptStateKey struct{}

func (s *attemptState) Value(key any) any {
	if _, ok := key.(attemptStateKey); ok {
		return s
	}
	return s.Context.Value(key)
}

// requestIdentity is the part of a request that middleware must not change: what
// is done to whom, where, and for which account.
type requestIdentity struct {
	method, host string
	url          url.URL
	accountCode  []string
}

func identityOf(req *http.Request) requestIdentity {
	return requestIdentity{method: req.Method, host: req.Host, url: *req.URL, accountCode: req.Header[headerAccountCode]}
}

// unchangedIn reports whether req may be sent.
func (want *requestIdentity) unchangedIn(req *http.Request) bool {
	return want.sameTarget(req) && want.sameAccount(req.Header) && (req.Body == nil || req.Body == http.NoBody)
}

// sameTarget reports whether req has the method, host and URL that are wanted, and
// is not the result of a redirect, which net/http marks with a Response.
func (want *requestIdentity) sameTarget(req *http.Request) bool {
	return req.Method == want.method &&
		(req.Host == want.host || req.Host == "") &&
		req.URL != nil && sameURL(req.URL, &want.url) &&
		req.Response == nil
}

// sameURL reports whether net/http would connect to the same server and write the same
// request line and credentials for both. Their String is no proof: that of a URL with an
// Opaque of "//good/path" does not show Host, to which net/http connects.
func sameURL(a, b *url.URL) bool {
	return *a == *b || a.Scheme == b.Scheme && a.Host == b.Host && a.User == b.User && a.Opaque == b.Opaque && a.RequestURI() == b.RequestURI()
}

// sameAccount reports whether h names the account that is wanted exactly once, or none
// if none is, counting every spelling of the header's name.
func (want *requestIdentity) sameAccount(h http.Header) bool {
	found := 0
	for name, values := range h {
		if strings.EqualFold(name, headerAccountCode) {
			found++
			if !slices.Equal(values, want.accountCode) {
				return false
			}
		}
	}
	return found == min(len(want.accountCode), 1)
}
