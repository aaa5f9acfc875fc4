package provider

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// auth authenticates requests, in one of the schemes that a description can use.
type auth struct {
	headers []field // bearer and header keys
	basic   *basicAuth
	hmac    *hmacAuth
	oauth2  *oauth2Auth
}

// basicAuth is HTTP Basic. Either part may be empty.
type basicAuth struct{ username, password template }

// hmacAuth signs every request with HMAC-SHA-256.
type hmacAuth struct {
	key, message template
	encoding     string
	headers      []field
}

// Encodings of a signature. Rapyd requires base64 of the hexadecimal digits
// rather than of the bytes.
const (
	encodingBase64    = "base64"
	encodingBase64URL = "base64url"
	encodingHex       = "hex"
	encodingBase64Hex = "base64_of_hex"
)

// header is one header of a request, in the spelling that the provider
// documents: net/http would write access_key as Access_key.
type header struct{ name, value string }

// prove returns the headers that authenticate a request, which is complete
// otherwise. Only OAuth2 uses the token.
func (a auth) prove(s scope, token string, r request) ([]header, error) {
	switch {
	case a.basic != nil:
		return a.basic.prove(s)
	case a.hmac != nil:
		return a.hmac.prove(s, r)
	case a.oauth2 != nil:
		return []header{{"Authorization", "Bearer " + token}}, nil
	}
	return renderHeaders(a.headers, s)
}

func (b basicAuth) prove(s scope) ([]header, error) {
	username, err := b.username.render(s, nil)
	if err != nil {
		return nil, err
	}
	password, err := b.password.render(s, nil)
	if err != nil {
		return nil, err
	}
	if strings.Contains(username, ":") {
		return nil, errUnusable // the part after the colon would become part of the password
	}
	if s.masked {
		return []header{{"Authorization", "Basic " + mask}}, nil
	}
	credentials := base64.StdEncoding.EncodeToString([]byte(username + ":" + password))
	return []header{{"Authorization", "Basic " + credentials}}, nil
}

func (h hmacAuth) prove(s scope, r request) ([]header, error) {
	s = s.with(map[string]string{
		"method":       r.method,
		"method_lower": strings.ToLower(r.method),
		"path":         r.url.RequestURI(),
		"body":         string(r.body),
		"salt":         rand.Text()[:16],
		"timestamp":    strconv.FormatInt(time.Now().Unix(), 10),
	})
	key, err := h.key.render(s, nil)
	if err != nil {
		return nil, err
	}
	message, err := h.message.render(s, nil)
	if err != nil {
		return nil, err
	}
	signature := mask
	if !s.masked {
		signature = h.sign(key, message)
	}
	return renderHeaders(h.headers, s.with(map[string]string{"signature": signature}))
}

func (h hmacAuth) sign(key, message string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(message))
	sum := mac.Sum(nil)
	switch h.encoding {
	case encodingBase64URL:
		return base64.URLEncoding.EncodeToString(sum)
	case encodingHex:
		return hex.EncodeToString(sum)
	case encodingBase64Hex:
		return base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(sum)))
	}
	return base64.StdEncoding.EncodeToString(sum)
}

func renderHeaders(fields []field, s scope) ([]header, error) {
	headers := make([]header, len(fields))
	for i, f := range fields {
		value, err := f.value.renderHeader(s)
		if err != nil {
			return nil, err
		}
		headers[i] = header{f.name, value}
	}
	return headers, nil
}

// readAuth reads exactly one scheme.
func (r *descriptionReader) readAuth(n node) auth {
	var a auth
	fields := n.fields("bearer", "basic", "headers", "hmac_sha256", "oauth2")
	schemes := 0
	for _, scheme := range fields {
		if scheme.exists() {
			schemes++
		}
	}
	if schemes != 1 {
		n.fail("must have exactly one of bearer, basic, headers, hmac_sha256, oauth2")
		return a
	}
	if bearer := fields["bearer"]; bearer.exists() {
		secret := r.readSecretTemplate(bearer, nil)
		secret.parts = append([]part{{literal: "Bearer "}}, secret.parts...)
		a.headers = []field{{"Authorization", secret}}
	}
	if headers := fields["headers"]; headers.exists() {
		a.headers = r.readHeaders(headers, nil)
		r.needSecret(headers, templatesOf(a.headers)...)
	}
	if basic := fields["basic"]; basic.exists() {
		parts := basic.fields("username", "password")
		a.basic = &basicAuth{r.readOptional(parts["username"], nil), r.readOptional(parts["password"], nil)}
		r.needSecret(basic, a.basic.username, a.basic.password)
	}
	if scheme := fields["hmac_sha256"]; scheme.exists() {
		a.hmac = r.readHMAC(scheme)
	}
	if scheme := fields["oauth2"]; scheme.exists() {
		a.oauth2 = r.readOAuth2(scheme)
	}
	return a
}

func (r *descriptionReader) readHMAC(n node) *hmacAuth {
	fields := n.fields("key", "message", "encoding", "headers")
	h := &hmacAuth{encoding: fields["encoding"].oneOf(encodingBase64, encodingBase64URL, encodingHex, encodingBase64Hex)}
	if fields["key"].need(n) {
		h.key = r.readSecretTemplate(fields["key"], nil)
	}
	if fields["message"].need(n) {
		h.message = r.readTemplate(fields["message"], signedNames)
	}
	if fields["headers"].need(n) {
		h.headers = r.readHeaders(fields["headers"], signatureNames)
	}
	return h
}

func templatesOf(fields []field) []template {
	templates := make([]template, len(fields))
	for i, f := range fields {
		templates[i] = f.value
	}
	return templates
}

// readSecretTemplate reads a template that must use a secret.
func (r *descriptionReader) readSecretTemplate(n node, names []string) template {
	t := r.readTemplate(n, names)
	r.needSecret(n, t)
	return t
}

// needSecret rejects keys written into the description.
func (r *descriptionReader) needSecret(n node, templates ...template) {
	for _, t := range templates {
		for _, name := range t.names() {
			if r.kinds[name] == kindSecret {
				return
			}
		}
	}
	n.fail("must use a parameter of kind secret: a key is never written into a description")
}
