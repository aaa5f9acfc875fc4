package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"syscall"
)

// isTLSError reports whether err, by its type, comes from TLS. A broken or silent
// connection during a handshake has no such type.
func isTLSError(err error) bool {
	var record tls.RecordHeaderError
	var hello *tls.ECHRejectionError
	return isCertificateError(err) || alertOf(err) != "" ||
		errors.As(err, &record) || errors.As(err, &hello) || errors.Is(err, http.ErrSchemeMismatch)
}

func isCertificateError(err error) bool {
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var certificate x509.CertificateInvalidError
	return errors.As(err, &verification) || errors.As(err, &authority) ||
		errors.As(err, &hostname) || errors.As(err, &certificate)
}

// alertOf returns the text of the TLS alert that the other side, or this one, sent to
// end the connection, or "". Package crypto/tls does not export the type of the alert.
func alertOf(err error) string {
	var op *net.OpError
	for errors.As(err, &op) {
		if op.Op == "remote error" || op.Op == "local error" {
			return op.Err.Error()
		}
		err = op.Err
	}
	return ""
}

// certificateAlerts are the alerts of a server that rejects the client's certificate, or
// that there is none (RFC 8446, section 6.2).
var certificateAlerts = []string{
	tls.AlertError(42).Error(),  // bad_certificate
	tls.AlertError(43).Error(),  // unsupported_certificate
	tls.AlertError(44).Error(),  // certificate_revoked
	tls.AlertError(45).Error(),  // certificate_expired
	tls.AlertError(46).Error(),  // certificate_unknown
	tls.AlertError(48).Error(),  // unknown_ca
	tls.AlertError(49).Error(),  // access_denied
	tls.AlertError(116).Error(), // certificate_required
}

var internalErrorAlert = tls.AlertError(80).Error()

// refusedCertificate reports whether the server ended the handshake because of the
// client's certificate. With TLS 1.3 the client learns it only after it has written the
// request, which the server must not read before it has accepted the certificate. A
// server cannot ask for a certificate later: Go's client does not support that. On a
// connection that has served a request, such an alert says nothing about the next one.
func refusedCertificate(err error) bool { return slices.Contains(certificateAlerts, alertOf(err)) }

// isNetworkFailure reports whether a connection broke or was too slow. During a
// handshake, every other error is a decision of one of the two sides, and a retry would
// only repeat it.
func isNetworkFailure(err error) bool {
	var errno syscall.Errno
	var dns *net.DNSError
	var timeout net.Error
	return errors.As(err, &errno) || errors.As(err, &dns) || (errors.As(err, &timeout) && timeout.Timeout()) ||
		errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, net.ErrClosed)
}

// isFinalTLSError reports whether a retry would fail in the same way.
func isFinalTLSError(err error) bool {
	return !isNetworkFailure(err) && alertOf(err) != internalErrorAlert
}

func tlsHint(err error) string {
	var hostname x509.HostnameError
	var authority x509.UnknownAuthorityError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &hostname):
		return "check the host of the base URL"
	case errors.As(err, &authority):
		return "if a proxy inspects TLS here, add its root certificate to those of the system or of the Transport"
	case isCertificateError(err):
		return "check the server's certificate and this machine's clock"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "the server does not speak TLS on this port; check the base URL"
	case refusedCertificate(err):
		return "the server does not accept the client's certificate or its absence; see TLSClientConfig of the Transport"
	case isNetworkFailure(err):
		return "a firewall or proxy may block TLS to this host"
	}
	return "check TLS versions and cipher suites, the host of the base URL, and whether the server wants a client certificate"
}
