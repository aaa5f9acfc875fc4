package wire

import (
	"net/http"
	"net/url"
)

// Proxy is [http.ProxyFromEnvironment], except that no request to this machine, as
// [IsLoopback] tells, goes through a proxy. http.ProxyFromEnvironment compares names as
// they are written, so it would send a request for LocalHost, and the keys in it, to the
// proxy in clear.
func Proxy(r *http.Request) (*url.URL, error) {
	if IsLoopback(r.URL.Hostname()) {
		return nil, nil
	}
	return http.ProxyFromEnvironment(r)
}
