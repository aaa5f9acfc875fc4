package sqlstore_test

import (
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

func TestAccounts(t *testing.T) { runOnFixtures(t, accountTests) }

var accountTests = map[string]func(*fixture){
	"AreFoundByPublicKey": func(f *fixture) {
		want := erasure.Account{Code: account, PublicKey: "public-1", SecretHash: [32]byte{1}, CreatedAt: start}
		got, err := f.AccountByPublicKey(f.Context(), "public-1")
		f.must(err)
		equal(f, "account", got, want)
		for _, key := range []string{"", "public", "PUBLIC-1", "public-1 ", "public-1\x00", "\xff"} {
			_, err := f.AccountByPublicKey(f.Context(), key)
			f.wantErr(err, erasure.ErrNotFound)
		}
	},
	"AreListedByCode": func(f *fixture) {
		first := erasure.Account{Code: "00000000-0000-4000-8000-000000000000", PublicKey: "public-0", CreatedAt: start.Add(time.Hour)}
		f.must(f.CreateAccount(f.Context(), first))
		got, err := f.ListAccounts(f.Context())
		f.must(err)
		equal(f, "accounts", got, []erasure.Account{
			first,
			{Code: account, PublicKey: "public-1", SecretHash: [32]byte{1}, CreatedAt: start},
			{Code: otherAccount, PublicKey: "public-2", SecretHash: [32]byte{2}, CreatedAt: start},
		})
	},
	"AreCreatedOnce": func(f *fixture) {
		for _, a := range []erasure.Account{
			{Code: account, PublicKey: "new", CreatedAt: start},
			{Code: "new", PublicKey: "public-1", CreatedAt: start},
			{Code: "new\x00", PublicKey: "new", CreatedAt: start},
		} {
			if err := f.CreateAccount(f.Context(), a); err == nil {
				f.Errorf("account %q with key %q was created", a.Code, a.PublicKey)
			}
		}
		got, err := f.ListAccounts(f.Context())
		f.must(err)
		equal(f, "number of accounts", len(got), 2)
	},
	"ReplaceTheirKeys": func(f *fixture) {
		f.must(f.ReplaceKeys(f.Context(), account, "public-3", [32]byte{3}, start))
		_, err := f.AccountByPublicKey(f.Context(), "public-1")
		f.wantErr(err, erasure.ErrNotFound)
		got, err := f.AccountByPublicKey(f.Context(), "public-3")
		f.must(err)
		equal(f, "account", got, erasure.Account{Code: account, PublicKey: "public-3", SecretHash: [32]byte{3}, CreatedAt: start})
		f.wantErr(f.ReplaceKeys(f.Context(), "unknown", "public-4", [32]byte{4}, start), erasure.ErrNotFound)
		if f.ReplaceKeys(f.Context(), account, "public-2", [32]byte{4}, start) == nil {
			f.Error("an account was given another account's public key")
		}
	},
	"AreValidAgainWithNewKeys": func(f *fixture) {
		f.must(f.RevokeAccount(f.Context(), account, start))
		f.must(f.ReplaceKeys(f.Context(), account, "public-3", [32]byte{3}, start))
		got, err := f.AccountByPublicKey(f.Context(), "public-3")
		f.must(err)
		equal(f, "account", got, erasure.Account{Code: account, PublicKey: "public-3", SecretHash: [32]byte{3}, CreatedAt: start})
	},
	"StayRevoked": func(f *fixture) {
		f.must(f.RevokeAccount(f.Context(), account, start.Add(time.Hour)))
		f.must(f.RevokeAccount(f.Context(), account, start.Add(2*time.Hour)))
		got, err := f.AccountByPublicKey(f.Context(), "public-1")
		f.must(err)
		equal(f, "time of revocation", got.RevokedAt, start.Add(time.Hour))
		other, err := f.AccountByPublicKey(f.Context(), "public-2")
		f.must(err)
		equal(f, "the other account's", other.RevokedAt, time.Time{})
		f.wantErr(f.RevokeAccount(f.Context(), "unknown\x00", start), erasure.ErrNotFound)
	},
}
