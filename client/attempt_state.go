package client

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
)

// headerAccountCode is the contract's; a test holds the two equal.
const headerAccountCode = "X-Account-Code"

// trip is what the key layer knows and learns about one attempt. It is the
// context of the attempt's request, and finds its way through middleware by
// Value. Middleware may call the key layer more than once, retrying by itself,
// and its errors may hide what happened further in.
type trip struct {
	context.Context
	want intent

	reached atomic.Bool  // the network layer was called
	open    atomic.Int32 // calls of it, ended or not, that leave open whether the erasure was accepted
}

type tripKey struct{}

func (t *trip) Value(key any) any {
	if _, ok := key.(tripKey); ok {
		return t
	}
	return t.Context.Value(key)
}

// intent is what nobody may change about a request on its way: everything that
// says what is deleted, where and for whom. Other headers are free.
type intent struct {
	method, host string
	url          url.URL
	accountCode  []string
}

func intentOf(req *http.Request) intent {
	return intent{method: req.Method, host: req.Host, url: *req.URL, accountCode: req.Header[headerAccountCode]}
}

// keptBy reports whether req may be sent.
func (want *intent) keptBy(req *http.Request) bool {
	return want.addresses(req) && want.names(req.Header) && (req.Body == nil || req.Body == http.NoBody)
}

// addresses reports whether req is the request meant, as far as its first lines
// and its origin tell. A request with a Response is the result of a redirect.
func (want *intent) addresses(req *http.Request) bool {
	return req.Method == want.method &&
		(req.Host == want.host || req.Host == "") &&
		req.URL != nil && (*req.URL == want.url || req.URL.String() == want.url.String()) &&
		req.Response == nil
}

// names reports whether h names the account meant and no other, however the
// header's name is spelled.
func (want *intent) names(h http.Header) bool {
	found := 0
	for name, values := range h {
		if strings.EqualFold(name, headerAccountCode) {
			found++
			if !slices.Equal(values, want.accountCode) {
				return false
			}
		}
	}
	return found == 1
}

// openEnded holds for answers that do not tell whether the erasure was
// accepted: something went wrong on the way (proxies answer 502 to 504 for
// requests that they did pass on), or it is a success, which nobody would ask
// about had it come through as one.
func openEnded(status int) bool {
	return status < 300 || status == http.StatusRequestTimeout || status >= 500
}
