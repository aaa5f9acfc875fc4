package client

import (
	"net/url"
	"path"
	"strconv"
	"strings"
	"unicode"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// Base URLs of Yuno's environments, for [WithBaseURL]. Without that option, the
// prefix of the public key decides: sandbox_ selects the sandbox, and prod_ the US
// production. EMEA production also has prod_ keys, so accounts there must set the
// base URL. The prefixes staging_ and dev_ select Yuno's own environments,
// https://api-staging.y.uno/v1 and https://api-dev.y.uno/v1, in which merchants have
// no accounts.
//
// Source: "Environments" in Yuno's API reference; EMEA from the servers of later
// versions of the specification.
const (
	BaseURLSandbox        = "https://api-sandbox.y.uno/v1"
	BaseURLProductionUS   = "https://api.y.uno/v1"
	BaseURLProductionEMEA = "https://api.eu.y.uno/v1"
)

// resolveBaseURL returns the given base URL, or the default for the key if given
// is nil. A key and a URL of different environments are an error.
func resolveBaseURL(publicKey string, given *url.URL) (*url.URL, error) {
	if given != nil {
		return given, joinInvalid([]error{checkEnvironment(publicKey, given), checkBasePath(given)})
	}
	byKey, err := defaultBaseURL(publicKey)
	if err != nil {
		return nil, err
	}
	return url.Parse(byKey)
}

// defaultBaseURL returns the base URL for the prefix of the public key. Yuno's own
// SDK falls back to the sandbox for any other prefix. We refuse: a key issued by
// another implementation of this contract would be sent to Yuno, along with the
// customer id.
func defaultBaseURL(publicKey string) (string, error) {
	if env, ok := wire.EnvironmentOfKey(publicKey); ok {
		return env.BaseURLs[0], nil
	}
	return "", invalid("Credentials.PublicAPIKey has no known prefix (sandbox_, prod_; staging_, dev_): set the base URL with WithBaseURL or %s", EnvAPIEndpoint)
}

func checkEnvironment(publicKey string, base *url.URL) error {
	ofKey, knownKey := wire.EnvironmentOfKey(publicKey)
	ofURL, knownURL := wire.EnvironmentOfHost(base.Host)
	if !knownKey || !knownURL || ofKey.Name == ofURL.Name {
		return nil
	}
	return invalid("Credentials.PublicAPIKey is a %s key (%s), but the base URL is that of Yuno's %s environment",
		ofKey.Name, ofKey.KeyPrefix, ofURL.Name)
}

// checkBasePath rejects another path than /v1 at Yuno. Every call would get a 404 that
// is no response of the API.
func checkBasePath(base *url.URL) error {
	if !wire.IsYunoHost(base.Host) || base.Path == wire.BasePath {
		return nil
	}
	return invalid("base URL is at Yuno, whose base URLs end in %s: use https://%s%s", wire.BasePath, base.Host, wire.BasePath)
}

// checkAccountCode rejects an account code that cannot be one of Yuno's, at Yuno: it
// may be a key, or another system's name for the account. Other services that implement
// the contract may have other codes.
func checkAccountCode(code string, base *url.URL) error {
	if !wire.IsYunoHost(base.Host) || wire.IsUUID(code) {
		return nil
	}
	return invalid("account code is not a UUID, as Yuno's are; the Dashboard shows it")
}

// parseBaseURL accepts an absolute https URL that consists of scheme, host and
// path, or the same with http on a loopback host. A trailing slash makes no
// difference, nor does the spelling of localhost. Errors do not repeat the URL, which may contain a password.
func parseBaseURL(raw string) (*url.URL, error) {
	const name = "base URL"
	if raw == "" {
		return nil, invalid("%s is empty", name)
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, invalid("%s is not a URL", name)
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, invalid("%s must begin with https://", name)
	case u.Hostname() == "" || u.Opaque != "":
		return nil, invalid("%s has no host", name)
	case !isASCII(u.Host):
		// net/http would map "api。y.uno" and full-width letters to Yuno's host
		// after these checks.
		return nil, invalid("%s must have an ASCII host (international names in their xn-- form)", name)
	case u.Scheme == "http" && !wire.IsLoopback(u.Hostname()):
		// http would also send the keys unencrypted. A gateway that redirects
		// http to https turns DELETE into GET.
		return nil, invalid("%s must be https; http is for loopback hosts", name)
	case u.User != nil:
		return nil, invalid("%s must not contain user information", name)
	case strings.ContainsAny(raw, "?#"):
		return nil, invalid("%s must not have a query or a fragment", name)
	case !validPort(u):
		return nil, invalid("%s has an invalid port", name)
	}
	if name := strings.TrimSuffix(u.Hostname(), "."); strings.EqualFold(name, "localhost") {
		// Proxies by the environment spare this machine in this spelling only, and
		// the transport may be the caller's.
		u.Host = strings.Replace(u.Host, u.Hostname(), "localhost", 1)
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	if u.RawPath != "" || strings.ContainsRune(u.Path, '\\') || (u.Path != "" && path.Clean(u.Path) != u.Path) {
		return nil, invalid("%s must have a plain path: no dot segments, empty segments or escaped slashes", name)
	}
	return u, nil
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII })
}

func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && port > 0
}
