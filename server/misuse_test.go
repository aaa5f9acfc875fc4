package server_test

import (
	"context"
	"math"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/internal/misuse"
	"github.com/yuno-community/yuno-customers/server"
)

// Values that make no sense are errors of New, Serve and NewStaticKeys.
func TestMisuse(t *testing.T) {
	t.Parallel()
	keys, err := server.NewStaticKeys()
	if err != nil {
		t.Fatal(err)
	}
	impl := server.Unsupported{}
	of := func(impl api.StrictServerInterface, auth server.Authenticator, opts ...server.Option) func() error {
		return func() error { _, err := server.New(impl, auth, opts...); return err }
	}
	with := func(opts ...server.Option) func() error { return of(impl, keys, opts...) }
	serving := func(opts ...server.ServeOption) func() error {
		return func() error {
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			return server.Serve(ended, listener, http.NotFoundHandler(), opts...)
		}
	}
	static := func(key server.StaticKey) func() error {
		return func() error { _, err := server.NewStaticKeys(key); return err }
	}
	misuse.Check(t, []misuse.Case{
		{Of: "New", Value: "nil implementation", Use: of(nil, keys), Want: "the implementation is nil"},
		{Of: "New", Value: "typed nil implementation", Use: of((*server.Unsupported)(nil), keys), Want: "the implementation is nil"},
		{Of: "New", Value: "nil authenticator", Use: of(impl, nil), Want: "the authenticator is nil"},
		{Of: "New", Value: "typed nil authenticator", Use: of(impl, (*server.StaticKeys)(nil)), Want: "the authenticator is nil"},
		{Of: "New", Value: "nil option", Use: with(nil), Want: "option 0 is nil"},
		{Of: "NewStaticKeys", Value: "zero", Use: func() error { _, err := server.NewStaticKeys(); return err }},
		{Of: "NewStaticKeys", Value: "empty account", Use: static(server.StaticKey{PublicAPIKey: "k", SecretSHA256: [32]byte{1}, AccountCodes: []string{""}}), Want: "is not a UUID"},
		{Of: "NewStaticKeys", Value: "no account", Use: static(server.StaticKey{PublicAPIKey: "k", SecretSHA256: [32]byte{1}}), Want: "the account codes are missing"},
		{Of: "WithBasePath", Value: "slash", Use: with(server.WithBasePath("/")), Want: "base path"},
		{Of: "WithBasePath", Value: "relative", Use: with(server.WithBasePath("v1")), Want: "base path"},
		{Of: "WithBasePath", Value: "empty", Use: with(server.WithBasePath(""))},
		{Of: "WithOperations", Value: "none", Use: with(server.WithOperations()), Want: "name at least one"},
		{Of: "WithOperations", Value: "empty", Use: with(server.WithOperations("")), Want: "no operation is"},
		{Of: "WithTimeout", Value: "zero", Use: with(server.WithTimeout(0)), Want: "the timeout is 0s"},
		{Of: "WithTimeout", Value: "negative", Use: with(server.WithTimeout(-1)), Want: "set more than 0"},
		{Of: "WithTimeout", Value: "longest", Use: with(server.WithTimeout(math.MaxInt64))},
		{Of: "WithTrustedProxies", Value: "none", Use: with(server.WithTrustedProxies())},
		{Of: "WithTrustedProxies", Value: "mapped", Use: with(server.WithTrustedProxies(netip.MustParsePrefix("::ffff:10.0.0.0/104"))), Want: "write it as IPv4"},
		{Of: "WithTrustedProxies", Value: "zero", Use: with(server.WithTrustedProxies(netip.Prefix{})), Want: "a network of trusted proxies is invalid"},
		{Of: "WithMaxCalls", Value: "zero", Use: with(server.WithMaxCalls(0)), Want: "calls in progress is 0"},
		{Of: "WithMaxCalls", Value: "negative", Use: with(server.WithMaxCalls(-1)), Want: "calls in progress is -1"},
		{Of: "WithMaxCalls", Value: "most", Use: with(server.WithMaxCalls(math.MaxInt))},
		{Of: "WithLimiter", Value: "nil", Use: with(server.WithLimiter(nil)), Want: "the limiter is nil"},
		{Of: "WithObserver", Value: "nil", Use: with(server.WithObserver(nil)), Want: "the observer is nil"},
		{Of: "WithLogger", Value: "nil", Use: with(server.WithLogger(nil)), Want: "the logger is nil"},
		{Of: "WithRequestIDFrom", Value: "nil", Use: with(server.WithRequestIDFrom(nil)), Want: "the request id function is nil"},
		{Of: "WithTLSFiles", Value: "empty", Use: serving(server.WithTLSFiles("", "")), Want: "the certificate needs two files"},
		{Of: "WithTLSFiles", Value: "no key", Use: serving(server.WithTLSFiles("cert.pem", "")), Want: "the certificate needs two files"},
		{Of: "WithTLSFiles", Value: "missing", Use: serving(server.WithTLSFiles("missing.pem", "missing.key")), Want: "loading the certificate: stat missing"},
		{Of: "WithWriteTimeout", Value: "zero", Use: serving(server.WithWriteTimeout(0)), Want: "the write timeout is 0s"},
		{Of: "WithWriteTimeout", Value: "longest", Use: serving(server.WithWriteTimeout(math.MaxInt64))},
		{Of: "WithShutdownTimeout", Value: "negative", Use: serving(server.WithShutdownTimeout(-time.Second)), Want: "the shutdown timeout is -1s"},
		{Of: "WithShutdownTimeout", Value: "longest", Use: serving(server.WithShutdownTimeout(math.MaxInt64))},
		{Of: "WithMaxConnections", Value: "zero", Use: serving(server.WithMaxConnections(0)), Want: "the limit of connections is 0"},
		{Of: "WithMaxConnections", Value: "negative", Use: serving(server.WithMaxConnections(-1)), Want: "the limit of connections is -1"},
		{Of: "WithMaxConnections", Value: "most", Use: serving(server.WithMaxConnections(math.MaxInt))},
		{Of: "WithServeLogger", Value: "nil", Use: serving(server.WithServeLogger(nil)), Want: "the logger is nil"},
		{Of: "WithServeLogger", Value: "nil option", Use: serving(nil), Want: "option 0 is nil"},
	}, nil)
	for name, c := range map[string]struct {
		use  func() error
		want string
	}{
		"nil listener": {func() error { return server.Serve(t.Context(), (*net.TCPListener)(nil), http.NotFoundHandler()) }, "serve: the listener is nil"},
		"nil handler": {func() error {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			return server.Serve(t.Context(), listener, http.HandlerFunc(nil))
		}, "serve: the handler is nil"},
	} {
		if err := c.use(); err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}
