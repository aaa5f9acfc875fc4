package bulkdelete

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"sync/atomic"
)

// tlsFailure remembers why TLS failed last, for a hint: a result only says that it did. It
// is safe for concurrent use.
type tlsFailure struct{ text atomic.Pointer[string] }

// hint returns what to do about it, or "" if that is unknown.
func (f *tlsFailure) hint() string {
	if text := f.text.Load(); text != nil {
		return *text
	}
	return ""
}

// middleware looks at the errors of all requests.
func (f *tlsFailure) middleware(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(r)
		if text := tlsHint(err); text != "" {
			f.text.Store(&text)
		}
		return response, err
	})
}

// tlsHint says what is wrong with a certificate or a port, or returns "".
func tlsHint(err error) string {
	var (
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &authority):
		return "the certificate is not trusted: set SSL_CERT_FILE to a file with the root certificate of your network or service"
	case errors.As(err, &host):
		return "the certificate is for another host: correct the base URL BASEURL"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate has expired or is not valid yet: check this machine's clock, and tell who runs the service"
	case errors.As(err, &invalid):
		return "the certificate is not valid: tell who runs the service"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "this port does not speak TLS: does BASEURL need http:// or another port?"
	}
	return ""
}
