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

// Names of the security schemes in the specification.
const (
	headerPublicKey  = "public-api-key"
	headerPrivateKey = "private-secret-key"
)

// keyring holds the API keys in closures. Package fmt calls no methods on
// unexported fields and prints what it finds there; of a func it finds an
// address.
type keyring struct {
	attach func(http.Header)
	hide   func(text string) string
	echoed func(headerName string) bool
}

func newKeyring(creds Credentials) keyring {
	public, private := []string{creds.PublicAPIKey}, []string{creds.PrivateSecretKey}
	canonicalPublic := http.CanonicalHeaderKey(headerPublicKey)
	canonicalPrivate := http.CanonicalHeaderKey(headerPrivateKey)
	secrets := spellings(public[0], private[0])
	return keyring{
		attach: func(h http.Header) {
			for name := range h { // another spelling would be a second header
				switch http.CanonicalHeaderKey(name) {
				case canonicalPublic, canonicalPrivate:
					delete(h, name)
				}
			}
			h[canonicalPublic], h[canonicalPrivate] = public, private
		},
		hide: func(text string) string { return replaceAll(text, secrets) },
		echoed: func(headerName string) bool {
			return slices.ContainsFunc(secrets, func(secret string) bool { return containsFold(headerName, secret) })
		},
	}
}

// minSecretLength is in bytes. Shorter keys and ids are left alone: every other
// text would be full of them.
const minSecretLength = 8

// spellings returns how texts may show the secrets: plain, escaped as in URLs,
// and quoted as in JSON, with and without HTML's characters, or by Go. The
// longest come first: of two keys, one may begin with the other, and the rest
// of it must not stay behind.
func spellings(secrets ...string) []string {
	var all []string
	for _, secret := range secrets {
		if len(secret) < minSecretLength {
			continue
		}
		inJSON, _ := json.Marshal(secret) // of a string there is no error
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

// containsFold ignores case, as header names are written in another one.
func containsFold(text, secret string) bool {
	for len(text) >= len(secret) {
		if strings.EqualFold(text[:len(secret)], secret) {
			return true
		}
		text = text[1:]
	}
	return false
}
