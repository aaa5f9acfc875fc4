package storetest

import (
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

var accountTests = map[string]func(*bench){
	"AreFoundByPublicKey": func(b *bench) {
		want := erasure.Account{Code: account, PublicKey: "public-1", SecretHash: [32]byte{1}, CreatedAt: start}
		got, err := b.AccountByPublicKey(b.ctx, "public-1")
		b.must(err)
		equal(b, "account", got, want)
		for _, key := range []string{"", "public", "PUBLIC-1", "public-1 ", "public-1\x00", "\xff"} {
			_, err := b.AccountByPublicKey(b.ctx, key)
			b.wantErr(err, erasure.ErrNotFound)
		}
	},
	"AreListedByCode": func(b *bench) {
		first := erasure.Account{Code: "00000000-0000-4000-8000-000000000000", PublicKey: "public-0", CreatedAt: start.Add(time.Hour)}
		b.must(b.CreateAccount(b.ctx, first))
		got, err := b.Accounts(b.ctx)
		b.must(err)
		equal(b, "accounts", got, []erasure.Account{
			first,
			{Code: account, PublicKey: "public-1", SecretHash: [32]byte{1}, CreatedAt: start},
			{Code: otherAccount, PublicKey: "public-2", SecretHash: [32]byte{2}, CreatedAt: start},
		})
	},
	"AreCreatedOnce": func(b *bench) {
		for _, a := range []erasure.Account{
			{Code: account, PublicKey: "new", CreatedAt: start},
			{Code: "new", PublicKey: "public-1", CreatedAt: start},
			{Code: "new\x00", PublicKey: "new", CreatedAt: start},
		} {
			if err := b.CreateAccount(b.ctx, a); err == nil {
				b.Errorf("account %q with key %q was created", a.Code, a.PublicKey)
			}
		}
		got, err := b.Accounts(b.ctx)
		b.must(err)
		equal(b, "number of accounts", len(got), 2)
	},
	"ReplaceTheirKeys": func(b *bench) {
		b.must(b.ReplaceKeys(b.ctx, account, "public-3", [32]byte{3}))
		_, err := b.AccountByPublicKey(b.ctx, "public-1")
		b.wantErr(err, erasure.ErrNotFound)
		got, err := b.AccountByPublicKey(b.ctx, "public-3")
		b.must(err)
		equal(b, "account", got, erasure.Account{Code: account, PublicKey: "public-3", SecretHash: [32]byte{3}, CreatedAt: start})
		b.wantErr(b.ReplaceKeys(b.ctx, "unknown", "public-4", [32]byte{4}), erasure.ErrNotFound)
		if b.ReplaceKeys(b.ctx, account, "public-2", [32]byte{4}) == nil {
			b.Error("an account took another one's public key")
		}
	},
	"AreRevokedForGood": func(b *bench) {
		b.must(b.RevokeAccount(b.ctx, account, start.Add(time.Hour)))
		b.must(b.RevokeAccount(b.ctx, account, start.Add(2*time.Hour)))
		got, err := b.AccountByPublicKey(b.ctx, "public-1")
		b.must(err)
		equal(b, "time of revocation", got.RevokedAt, start.Add(time.Hour))
		other, err := b.AccountByPublicKey(b.ctx, "public-2")
		b.must(err)
		equal(b, "the other account's", other.RevokedAt, time.Time{})
		b.wantErr(b.RevokeAccount(b.ctx, "unknown\x00", start), erasure.ErrNotFound)
	},
}
