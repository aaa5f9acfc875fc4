package wire

import (
	"net"
	"strings"
)

// Production is the name of Yuno's production environment, where an erasure
// concerns real customers.
const Production = "production"

// Environment is one of Yuno's environments.
type Environment struct {
	Name      string
	KeyPrefix string   // of the public keys that belong to it
	BaseURLs  []string // the first is the default of the prefix
}

// Environments are Yuno's. Source: "Environments" in Yuno's API reference; EMEA
// from the servers of later versions of the specification.
var Environments = []Environment{
	{"sandbox", "sandbox_", []string{"https://api-sandbox.y.uno/v1"}},
	{Production, "prod_", []string{"https://api.y.uno/v1", "https://api.eu.y.uno/v1"}},
	// Yuno's own; merchants have no keys there, but these keys must not reach
	// production either.
	{"staging", "staging_", []string{"https://api-staging.y.uno/v1"}},
	{"dev", "dev_", []string{"https://api-dev.y.uno/v1"}},
}

// EnvironmentOfKey returns the environment that a public key belongs to by its
// prefix. ok is false for a prefix that Yuno does not document.
func EnvironmentOfKey(publicKey string) (env Environment, ok bool) {
	for _, env := range Environments {
		if strings.HasPrefix(publicKey, env.KeyPrefix) {
			return env, true
		}
	}
	return Environment{}, false
}

// EnvironmentOfHost returns the environment at a host, given with or without a
// port, in any case and with any trailing dots. ok is false for a host that Yuno
// does not document: a gateway, a test.
func EnvironmentOfHost(host string) (env Environment, ok bool) {
	host = bareHost(host)
	for _, env := range Environments {
		for _, baseURL := range env.BaseURLs {
			known, _, _ := strings.Cut(strings.TrimPrefix(baseURL, "https://"), "/")
			if host == known {
				return env, true
			}
		}
	}
	return Environment{}, false
}

// IsProductionKey reports whether a public key is one of Yuno's production.
func IsProductionKey(publicKey string) bool {
	env, _ := EnvironmentOfKey(publicKey)
	return env.Name == Production
}

// IsProductionHost reports whether a host, as [EnvironmentOfHost] reads it, is
// Yuno's production or may be: a host under y.uno that Yuno does not document
// counts, so that a new region is not taken for a test.
func IsProductionHost(host string) bool {
	if env, ok := EnvironmentOfHost(host); ok {
		return env.Name == Production
	}
	return IsYunoHost(host)
}

// IsYunoHost reports whether a host, as [EnvironmentOfHost] reads it, is y.uno or
// below it, documented or not.
func IsYunoHost(host string) bool {
	host = bareHost(host)
	return host == "y.uno" || strings.HasSuffix(host, ".y.uno")
}

// BasePath is the path of every base URL of Yuno.
const BasePath = "/v1"

// bareHost returns host without port and trailing dots, in lower case.
func bareHost(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.TrimRight(strings.ToLower(host), ".")
}
