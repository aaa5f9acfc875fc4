package client

import (
	"net"
	"net/url"
	"path"
	"strconv"
	"strings"
	"unicode"
)

// Base URLs of Yuno's environments, for [WithBaseURL]. Without that option the
// prefix of the public key chooses among them: sandbox_ means the sandbox and
// prod_ the US production. EMEA production shares the prod_ prefix, so an
// account there must name it.
//
// Source: "Environments" in Yuno's API reference; EMEA from the servers of
// later versions of the specification.
const (
	BaseURLSandbox        = "https://api-sandbox.y.uno/v1"
	BaseURLProductionUS   = "https://api.y.uno/v1"
	BaseURLProductionEMEA = "https://api.eu.y.uno/v1"
)

// environment ties the prefix of public keys to the base URLs that know them.
type environment struct {
	name      string
	keyPrefix string
	baseURLs  []string // the first is the default of the prefix
}

var environments = []environment{
	{"sandbox", "sandbox_", []string{BaseURLSandbox}},
	{"production", "prod_", []string{BaseURLProductionUS, BaseURLProductionEMEA}},
	// Yuno's own; no merchant has keys there, but they must not reach production either.
	{"staging", "staging_", []string{"https://api-staging.y.uno/v1"}},
	{"dev", "dev_", []string{"https://api-dev.y.uno/v1"}},
}

// environmentOfKey is nil for a prefix that Yuno does not document.
func environmentOfKey(publicKey string) *environment {
	for i := range environments {
		if strings.HasPrefix(publicKey, environments[i].keyPrefix) {
			return &environments[i]
		}
	}
	return nil
}

// environmentOfURL is nil for a host that is not Yuno's: a gateway, a test.
func environmentOfURL(base *url.URL) *environment {
	host := strings.TrimRight(strings.ToLower(base.Hostname()), ".")
	for i := range environments {
		for _, known := range environments[i].baseURLs {
			if u, err := url.Parse(known); err == nil && u.Host == host {
				return &environments[i]
			}
		}
	}
	return nil
}

// defaultBaseURL derives the base URL from the public key. Yuno's own server-side
// client takes any other prefix for the sandbox's. But a key that is not Yuno's, of
// another service that speaks this contract, say, would go to Yuno then, and the
// customer's id with it.
func defaultBaseURL(publicKey string) (string, error) {
	if env := environmentOfKey(publicKey); env != nil {
		return env.baseURLs[0], nil
	}
	return "", invalid("Credentials.PublicAPIKey begins like the keys of none of Yuno's environments (sandbox_, prod_): name the base URL, with WithBaseURL or %s", EnvAPIEndpoint)
}

// baseURLFor returns the base URL that was given (nil: none), or else the one of
// the key, and refuses what does not go together.
func baseURLFor(publicKey string, given *url.URL) (*url.URL, error) {
	if given != nil {
		return given, checkEnvironment(publicKey, given)
	}
	derived, err := defaultBaseURL(publicKey)
	if err != nil {
		return nil, err
	}
	return url.Parse(derived)
}

// checkEnvironment refuses keys of one environment on the URL of another.
func checkEnvironment(publicKey string, base *url.URL) error {
	ofKey, ofURL := environmentOfKey(publicKey), environmentOfURL(base)
	if ofKey == nil || ofURL == nil || ofKey == ofURL {
		return nil
	}
	return invalid("Credentials.PublicAPIKey is a %s key (%s), but the base URL is Yuno's %s environment",
		ofKey.name, ofKey.keyPrefix, ofURL.name)
}

// parseBaseURL accepts an absolute https URL that is nothing but scheme, host
// and path, or the same with http on a loopback host. The URL is not echoed in
// errors: it may hold a password. A trailing slash makes no difference.
func parseBaseURL(raw string) (*url.URL, error) {
	const name = "base URL"
	if raw == "" {
		return nil, invalid("%s is empty", name)
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, invalid("%s does not parse as a URL", name)
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, invalid("%s must begin with https://", name)
	case u.Hostname() == "" || u.Opaque != "":
		return nil, invalid("%s has no host", name)
	case !isASCII(u.Host):
		// net/http maps "api。y.uno" and full-width letters to Yuno's host after
		// we have looked.
		return nil, invalid("%s must have an ASCII host (international names in their xn-- form)", name)
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		// Besides the keys in the clear: a gateway that upgrades http by a
		// redirect turns DELETE into GET.
		return nil, invalid("%s must be https; http is for loopback hosts", name)
	case u.User != nil:
		return nil, invalid("%s must not hold user information", name)
	case strings.ContainsAny(raw, "?#"):
		return nil, invalid("%s must not have a query or a fragment", name)
	case !validPort(u):
		return nil, invalid("%s has an invalid port", name)
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

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && port > 0
}
