package conformance

import (
	"bytes"
	"context"
	"net/http"
	"strings"
)

// A wrongRequest describes requests that must be refused.
type wrongRequest struct {
	name, why string
	needs     need
	edits     func(c Credentials) []edit // one per request
}

const (
	whyExactKeys    = "keys that differ from the issued ones in any way give no access"
	whyBothKeys     = "both keys are required"
	whyEmptyKey     = "a client with an unset variable sends an empty header"
	whyRepeatedKeys = "of two values, a proxy may check one and the server use the other"
)

// wrongKeys are the requests with wrong keys, which get 401 INVALID_CREDENTIALS.
var wrongKeys = []wrongRequest{
	{name: "keys-missing", why: "a request without keys must not be served",
		edits: func(Credentials) []edit { return []edit{withoutHeaders(publicHeader, secretHeader)} }},
	{name: "key-public-missing", why: whyBothKeys,
		edits: func(Credentials) []edit { return []edit{withoutHeaders(publicHeader)} }},
	{name: "key-secret-missing", why: whyBothKeys,
		edits: func(Credentials) []edit { return []edit{withoutHeaders(secretHeader)} }},
	{name: "key-public-empty", why: whyEmptyKey,
		edits: func(Credentials) []edit { return []edit{withHeader(publicHeader, "")} }},
	{name: "key-secret-empty", why: whyEmptyKey,
		edits: func(Credentials) []edit { return []edit{withHeader(secretHeader, "")} }},
	{name: "key-public-repeated", why: whyRepeatedKeys, needs: needsStrict,
		edits: func(c Credentials) []edit { return twoValues(publicHeader, c.PublicAPIKey, "another-public-key") }},
	{name: "key-secret-repeated", why: whyRepeatedKeys, needs: needsStrict,
		edits: func(c Credentials) []edit { return twoValues(secretHeader, c.PrivateSecretKey, "another-secret-key") }},
	{name: "key-public-wrong", why: whyExactKeys,
		edits: func(Credentials) []edit { return []edit{withUnknownPublicKey()} }},
	{name: "key-secret-wrong", why: whyExactKeys,
		edits: func(Credentials) []edit { return []edit{withWrongSecretKey()} }},
	{name: "key-secret-shortened", why: whyExactKeys,
		edits: func(c Credentials) []edit { return []edit{withHeader(secretHeader, shortened(c.PrivateSecretKey))} }},
	{name: "key-secret-lengthened", why: whyExactKeys,
		edits: func(c Credentials) []edit { return []edit{withHeader(secretHeader, c.PrivateSecretKey+"0")} }},
	{name: "key-secret-other-case", why: whyExactKeys,
		edits: func(c Credentials) []edit { return []edit{withHeader(secretHeader, otherCase(c.PrivateSecretKey))} }},
	{name: "key-public-other-case", why: whyExactKeys,
		edits: func(c Credentials) []edit { return []edit{withHeader(publicHeader, otherCase(c.PublicAPIKey))} }},
	{name: "keys-swapped", why: "the public key is public, so it must not count as the secret one",
		edits: func(c Credentials) []edit {
			return []edit{as(Credentials{AccountCode: c.AccountCode, PublicAPIKey: c.PrivateSecretKey, PrivateSecretKey: c.PublicAPIKey})}
		}},
}

func twoValues(header, valid, wrong string) []edit {
	return []edit{withHeader(header, valid, wrong), withHeader(header, wrong, valid)}
}

func withUnknownPublicKey() edit { return withHeader(publicHeader, "sandbox_"+unknownID()) }

func withWrongSecretKey() edit { return withHeader(secretHeader, unknownID()) }

func shortened(key string) string { return key[:len(key)-1] }

// otherCase swaps the case of the key's letters, or changes a key that has none.
func otherCase(key string) string {
	if swapped := swapCase(key); swapped != key {
		return swapped
	}
	return key + "x"
}

func keyCases() []testCase {
	var cases []testCase
	for _, w := range wrongKeys {
		cases = append(cases, testCase{
			name: w.name, why: w.why, needs: w.needs | needsRefusalTarget,
			run: onRefusalTarget(func(ctx context.Context, s *session, id string) {
				for _, e := range w.edits(s.target.Credentials) {
					s.expectRefusal(s.erase(ctx, id, e), http.StatusUnauthorized, codeInvalidKeys)
				}
			}),
		})
	}
	return append(cases, otherKeyCases...)
}

var otherKeyCases = []testCase{
	{
		name:  "keys-of-two-accounts",
		why:   "a public key of one account and the secret key of another were never issued as a pair",
		needs: needsSecondAccount | needsRefusalTarget,
		run: onForeign((*session).refusalTarget, func(ctx context.Context, s *session, id string) {
			resp := s.erase(ctx, id, withHeader(secretHeader, s.target.SecondAccount.PrivateSecretKey))
			s.expectRefusal(resp, http.StatusUnauthorized, codeInvalidKeys)
		}),
	},
	{
		name:  "keys-of-another-account",
		why:   "a merchant must not erase another's customers by naming their account",
		needs: needsSecondAccount | needsRefusalTarget,
		run: onForeign((*session).refusalTarget, func(ctx context.Context, s *session, id string) {
			resp := s.erase(ctx, id, as(s.target.SecondAccount), withHeader(accountHeader, s.target.Credentials.AccountCode))
			s.expectRefusal(resp, http.StatusForbidden, codeOtherAccount)
		}),
	},
	{
		name:  "key-errors-alike",
		why:   "if responses to an unknown public key and to a wrong secret differ, public keys in use can be found by guessing",
		needs: needsStrict,
		run:   onUnknownCustomer(keyErrorsAlike),
	},
	{
		name:  "keys-before-parameters",
		why:   "without keys a caller learns nothing, not even which parameters are checked",
		needs: needsStrict,
		run:   onUnknownCustomer(keysBeforeParameters),
	},
	{
		name:  "key-check-time",
		why:   "if the check takes longer for a public key in use, such keys can be found by guessing",
		needs: needsTiming,
		run:   keyCheckTime,
	},
}

func keyErrorsAlike(ctx context.Context, s *session, id string) {
	unknown := s.erase(ctx, id, withUnknownPublicKey())
	wrong := s.erase(ctx, id, withWrongSecretKey())
	if unknown.StatusCode != wrong.StatusCode || !bytes.Equal(unknown.Body, wrong.Body) {
		s.found("response", RuleCaseDiffers, "different responses to an unknown public key and to a wrong secret", "identical responses", unknown, wrong)
	}
}

func keysBeforeParameters(ctx context.Context, s *session, id string) {
	wrong := withWrongSecretKey()
	for _, e := range []edit{withoutHeaders(accountHeader), withHeader(accountHeader, "x"), withChunkedBody("{}")} {
		s.expectRefusal(s.erase(ctx, id, wrong, e), http.StatusUnauthorized, codeInvalidKeys)
	}
	s.expectRefusal(s.erase(ctx, strings.Repeat("x", 65), wrong), http.StatusUnauthorized, codeInvalidKeys)
}
