package conformance

import (
	"bytes"
	"context"
	"net/http"
	"strings"
)

// A wrongRequest is one request that must be refused, and how.
type wrongRequest struct {
	name, why string
	needs     need
	edits     func(c Credentials) []edit
}

// keyRequests are the requests with wrong keys: 401 INVALID_CREDENTIALS.
func keyRequests() []wrongRequest {
	const only = "keys that are not exactly right give no access to anybody's customers"
	one := func(f func(c Credentials) edit) func(Credentials) []edit {
		return func(c Credentials) []edit { return []edit{f(c)} }
	}
	both := func(name string, value func(c Credentials) string, wrong string) func(Credentials) []edit {
		return func(c Credentials) []edit { return []edit{with(name, value(c), wrong), with(name, wrong, value(c))} }
	}
	public := func(c Credentials) string { return c.PublicAPIKey }
	secret := func(c Credentials) string { return c.PrivateSecretKey }
	const twice = "which of two values counts is anybody's guess: a proxy may check one and the server use the other"

	return []wrongRequest{
		{name: "keys-missing", why: "a request without keys must not be served",
			edits: one(func(Credentials) edit { return without(publicHeader, secretHeader) })},
		{name: "key-public-missing", why: "both keys are needed",
			edits: one(func(Credentials) edit { return without(publicHeader) })},
		{name: "key-secret-missing", why: "both keys are needed",
			edits: one(func(Credentials) edit { return without(secretHeader) })},
		{name: "key-public-empty", why: "an unset variable in a client sends an empty header",
			edits: one(func(Credentials) edit { return with(publicHeader, "") })},
		{name: "key-secret-empty", why: "an unset variable in a client sends an empty header",
			edits: one(func(Credentials) edit { return with(secretHeader, "") })},
		{name: "key-public-repeated", why: twice, needs: needsStrict,
			edits: both(publicHeader, public, "another-public-key")},
		{name: "key-secret-repeated", why: twice, needs: needsStrict,
			edits: both(secretHeader, secret, "another-secret-key")},
		{name: "key-public-wrong", why: only,
			edits: one(func(c Credentials) edit { return with(publicHeader, "sandbox_"+unknownID()) })},
		{name: "key-secret-wrong", why: only,
			edits: one(func(c Credentials) edit { return with(secretHeader, unknownID()) })},
		{name: "key-secret-shortened", why: only,
			edits: one(func(c Credentials) edit { return with(secretHeader, shorten(c.PrivateSecretKey)) })},
		{name: "key-secret-lengthened", why: only,
			edits: one(func(c Credentials) edit { return with(secretHeader, c.PrivateSecretKey+"0") })},
		{name: "key-secret-other-case", why: only,
			edits: one(func(c Credentials) edit { return with(secretHeader, otherCase(c.PrivateSecretKey)) })},
		{name: "key-public-other-case", why: only,
			edits: one(func(c Credentials) edit { return with(publicHeader, otherCase(c.PublicAPIKey)) })},
		{name: "keys-swapped", why: "the public key is public: in the other header it must not count",
			edits: func(c Credentials) []edit {
				return []edit{as(Credentials{c.AccountCode, c.PrivateSecretKey, c.PublicAPIKey})}
			}},
	}
}

func keyCases() []testCase {
	var cases []testCase
	for _, w := range keyRequests() {
		cases = append(cases, testCase{
			name: w.name, why: w.why, needs: w.needs | needsSpareUnlessStrict,
			run: func(ctx context.Context, s *session) error {
				id, err := s.aim(ctx)
				if err != nil {
					return err
				}
				for _, e := range w.edits(s.target.Credentials) {
					s.expectRefusal(s.erase(ctx, id, e), http.StatusUnauthorized, codeInvalidKeys)
				}
				return nil
			},
		})
	}
	return append(cases, []testCase{
		{
			name:  "keys-of-two-accounts",
			why:   "a public key of one account with the secret of another is a pair that was never issued",
			needs: needsSecondAccount | needsSpareUnlessStrict,
			run: func(ctx context.Context, s *session) error {
				id, err := s.aim(ctx)
				if err != nil {
					return err
				}
				r := s.erase(ctx, id, with(secretHeader, s.target.SecondAccount.PrivateSecretKey))
				s.expectRefusal(r, http.StatusUnauthorized, codeInvalidKeys)
				return nil
			},
		},
		{
			name:  "keys-of-another-account",
			why:   "one merchant must not erase another's customers by naming the account",
			needs: needsSecondAccount | needsSpareUnlessStrict,
			run: func(ctx context.Context, s *session) error {
				id, err := s.aim(ctx)
				if err != nil {
					return err
				}
				r := s.erase(ctx, id, as(s.target.SecondAccount), with(accountHeader, s.target.Credentials.AccountCode))
				s.expectRefusal(r, http.StatusForbidden, codeOtherAccount)
				return nil
			},
		},
		{
			name:  "key-errors-alike",
			why:   "an answer that tells an unknown public key from a wrong secret lets anybody list the keys in use",
			needs: needsStrict,
			run: func(ctx context.Context, s *session) error {
				id := unknownID()
				unknown := s.erase(ctx, id, with(publicHeader, "sandbox_"+unknownID()))
				wrong := s.erase(ctx, id, with(secretHeader, unknownID()))
				if unknown.StatusCode != wrong.StatusCode || !bytes.Equal(unknown.Body, wrong.Body) {
					s.found("response", RuleCaseDiffers, "different answers to an unknown public key and to a wrong secret", "the same answer")
				}
				return nil
			},
		},
		{
			name:  "keys-before-parameters",
			why:   "without keys nothing may be learned, not even which parameters are checked",
			needs: needsStrict,
			run: func(ctx context.Context, s *session) error {
				wrong := with(secretHeader, unknownID())
				for _, e := range []edit{without(accountHeader), with(accountHeader, "x"), chunked("{}")} {
					s.expectRefusal(s.erase(ctx, unknownID(), wrong, e), http.StatusUnauthorized, codeInvalidKeys)
				}
				s.expectRefusal(s.erase(ctx, strings.Repeat("x", 65), wrong), http.StatusUnauthorized, codeInvalidKeys)
				return nil
			},
		},
		{
			name:  "key-check-time",
			why:   "a check that takes longer for a known public key lists the keys in use, one guess at a time",
			needs: needsTiming,
			run:   keyCheckTime,
		},
	}...)
}

func shorten(key string) string { return key[:len(key)-1] }

// otherCase returns the key with the case of its letters swapped, or another key
// if it has none.
func otherCase(key string) string {
	if swapped := swapCase(key); swapped != key {
		return swapped
	}
	return key + "x"
}
