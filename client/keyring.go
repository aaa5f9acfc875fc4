package client

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/yuno-community/yuno-customers/internal/wire"
)

// Header names of the security schemes in the specification.
const (
	headerPublicKey  = "public-api-key"
	headerPrivateKey = "private-secret-key"
)

// keyring holds the API keys in closures. Package fmt prints unexported fields
// without calling their methods; of a func it prints only the address.
type keyring struct {
	attach       func(http.Header)
	redact       func(text string) string
	inHeaderName func(name string) bool
}

func newKeyring(creds Credentials) keyring {
	public, private := []string{creds.PublicAPIKey}, []string{creds.PrivateSecretKey}
	canonicalPublic := http.CanonicalHeaderKey(headerPublicKey)
	canonicalPrivate := http.CanonicalHeaderKey(headerPrivateKey)
	secrets := spellings(public[0], private[0])
	return keyring{
		attach: func(h http.Header) {
			for name := range h { // another spelling would be sent as a second header
				switch http.CanonicalHeaderKey(name) {
				case canonicalPublic, canonicalPrivate:
					delete(h, name)
				}
			}
			h[canonicalPublic], h[canonicalPrivate] = public, private
		},
		redact: func(text string) string { return replaceAll(text, secrets) },
		inHeaderName: func(name string) bool {
			return slices.ContainsFunc(secrets, func(secret string) bool { return containsFold(name, secret) })
		},
	}
}

// minSecretLength is in bytes. Shorter keys and ids are not redacted: they occur
// in too many other words.
const minSecretLength = 8

// spellings returns the forms in which a text may contain the secrets: plain,
// escaped as in URLs, and quoted by JSON, with and without HTML escapes, or by Go.
// The longest come first: if one secret begins with another, replacing the shorter
// one first would leave the rest of the longer one.
func spellings(secrets ...string) []string {
	var all []string
	for _, secret := range secrets {
		if len(secret) < minSecretLength {
			continue
		}
		inJSON, _ := json.Marshal(secret) // a string always encodes
		all = append(all, secret, url.PathEscape(secret), url.QueryEscape(secret))
		for _, quoted := range []string{string(inJSON), strconv.Quote(secret)} {
			all = append(all, quoted[1:len(quoted)-1])
		}
	}
	slices.SortFunc(all, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b))
	})
	return slices.Compact(all)
}

func replaceAll(text string, secrets []string) string {
	for _, secret := range secrets {
		text = strings.ReplaceAll(text, secret, wire.Redacted)
	}
	return text
}

// containsFold ignores case, because net/http changes the case of header names.
func containsFold(text, secret string) bool {
	for len(text) >= len(secret) {
		if strings.EqualFold(text[:len(secret)], secret) {
			return true
		}
		text = text[1:]
	}
	return false
}
