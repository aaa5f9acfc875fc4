package client

import "net/http"

// withMiddleware wraps rt in middleware, the first function outermost. It returns
// nil if one of the functions does.
func withMiddleware(rt http.RoundTripper, middleware []func(http.RoundTripper) http.RoundTripper) http.RoundTripper {
	for i := len(middleware) - 1; i >= 0 && rt != nil; i-- {
		rt = middleware[i](rt)
	}
	if len(middleware) == 0 || rt == nil {
		return rt
	}
	return cloneLayer{rt}
}

// cloneLayer passes a copy of each request to middleware. Middleware must not
// change the request that it is given, but much of it does.
type cloneLayer struct{ next http.RoundTripper }

func (l cloneLayer) RoundTrip(req *http.Request) (*http.Response, error) {
	return l.next.RoundTrip(req.Clone(req.Context()))
}
