package ops_test

import (
	"crypto/sha256"
	"net/http"
	"regexp"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
)

var secretShown = regexp.MustCompile(`<dt>Secret key</dt><dd><code>(erasure_[A-Z2-7]{26})</code>`)

func TestAccounts(t *testing.T) {
	onEach(t, map[string]func(*site){
		"AreCreatedOnce": func(s *site) {
			b := s.as("ada", erasure.RoleOperator)
			form := b.form(b.get("/act/create-account"))
			got := b.post("/act/create-account", form...)
			b.want(got, http.StatusOK, "shown this once")
			secret := secretShown.FindStringSubmatch(got.body)
			if secret == nil || got.header.Get("Cache-Control") != "no-store" {
				s.Fatalf("no secret key: %s", got.body)
			}
			accounts, err := s.ListAccounts(s.Context())
			s.must(err)
			found := 0
			for _, a := range accounts {
				if a.SecretHash == sha256.Sum256([]byte(secret[1])) && len(a.Code) == 36 {
					found++
				}
			}
			if found != 1 || len(accounts) != 2 {
				s.Errorf("%d of %d accounts have the key", found, len(accounts))
			}
			b.want(b.post("/act/create-account", form...), http.StatusConflict, "exists already")
			list := b.get("/accounts")
			b.want(list, http.StatusOK, account, "valid")
			b.lacks(list, secret[1])
			b.want(b.post("/act/create-account", "account", "mine"), http.StatusNotFound)
		},
		"AreRotatedAndRevoked": func(s *site) {
			b := s.as("ada", erasure.RoleOperator)
			form := b.form(b.get("/act/rotate-account?account=" + account))
			got := b.post("/act/rotate-account", form...)
			b.want(got, http.StatusOK, "The keys were replaced", account)
			secret := secretShown.FindStringSubmatch(got.body)
			accounts, err := s.ListAccounts(s.Context())
			s.must(err)
			if secret == nil || accounts[0].PublicKey == "public" || accounts[0].SecretHash != sha256.Sum256([]byte(secret[1])) {
				s.Errorf("the keys are %+v", accounts[0])
			}
			b.want(b.post("/act/rotate-account", form...), http.StatusConflict, "replaced meanwhile") // sent again
			b.want(b.answer("/act/revoke-account?account="+account), http.StatusOK, "are rejected from now on", "revoked")
			b.want(b.get("/act/revoke-account?account="+account), http.StatusConflict, "revoked already")
			b.want(b.get("/act/rotate-account?account=none"), http.StatusNotFound)
			b.want(b.get("/actions"), http.StatusOK, "replaced the keys of account", "revoked the keys of account")
			viewer := s.as("eve", erasure.RoleViewer)
			viewer.want(viewer.post("/act/rotate-account", "account", account), http.StatusForbidden)
			viewer.lacks(viewer.get("/accounts"), "/act/")
		},
	})
}
