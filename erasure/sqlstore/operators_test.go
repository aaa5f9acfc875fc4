package sqlstore_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

func TestOperators(t *testing.T) { runOnFixtures(t, operatorAccountTests) }

var operatorAccountTests = map[string]func(*fixture){
	"HaveOneCredential": func(f *fixture) {
		if has, err := f.HasOperators(f.Context()); err != nil || has {
			f.Errorf("an operator from the start: %t, %v", has, err)
		}
		want := erasure.Operator{Name: "ada", Role: erasure.RoleOperator, CreatedAt: start}
		credential, err := f.AddOperator(f.Context(), want)
		f.must(err)
		got, err := f.CheckCredential(f.Context(), "ada", credential)
		f.must(err)
		equal(f, "operator", got, want)
		for _, wrong := range [][2]string{
			{"ada", ""}, {"ada", credential + "x"}, {"Ada", credential}, {"", credential}, {"", ""}, {"ada\x00", credential}, {"\xff", credential},
		} {
			_, err := f.CheckCredential(f.Context(), wrong[0], wrong[1])
			f.wantErr(err, erasure.ErrNotFound)
		}
		_, err = f.AddOperator(f.Context(), want)
		f.wantErr(err, sqlstore.ErrOperatorExists)
		if has, err := f.HasOperators(f.Context()); err != nil || !has {
			f.Errorf("no operator: %v", err)
		}
	},
	"HaveNoSecretInTheDatabase": func(f *fixture) {
		credential, err := f.AddOperator(f.Context(), erasure.Operator{Name: "ada", Role: erasure.RoleViewer, CreatedAt: start})
		f.must(err)
		token, err := f.BeginLogin(f.Context(), "ada", start)
		f.must(err)
		code, err := f.NewLoginCode(f.Context(), "ada", start)
		f.must(err)
		for table, secret := range map[string]string{"operators": credential, "logins": token, "login_codes": code} {
			column := map[string]string{"operators": "credential_hash", "logins": "token_hash", "login_codes": "code_hash"}[table]
			var stored []byte
			f.must(f.DB().QueryRowContext(f.Context(), `SELECT `+column+` FROM `+table).Scan(&stored))
			if len(stored) != 32 || bytes.Contains(stored, []byte(secret)) {
				f.Errorf("%s has %d bytes", table, len(stored))
			}
		}
	},
	"CanBeRevokedAndAddedAgain": func(f *fixture) {
		first, err := f.AddOperator(f.Context(), erasure.Operator{Name: "ada", Role: erasure.RoleViewer, CreatedAt: start})
		f.must(err)
		token, err := f.BeginLogin(f.Context(), "ada", start)
		f.must(err)
		code, err := f.NewLoginCode(f.Context(), "ada", start)
		f.must(err)
		f.must(f.RevokeOperator(f.Context(), "ada", start.Add(time.Hour)))
		for name, err := range map[string]error{
			"credential":  second(f.CheckCredential(f.Context(), "ada", first)),
			"login":       second(f.Login(f.Context(), token, start, true)),
			"code":        second(f.UseLoginCode(f.Context(), code, start)),
			"new login":   second(f.BeginLogin(f.Context(), "ada", start)),
			"new code":    second(f.NewLoginCode(f.Context(), "ada", start)),
			"revoke":      f.RevokeOperator(f.Context(), "ada", start),
			"revoke none": f.RevokeOperator(f.Context(), "eve\x00", start),
		} {
			if !errors.Is(err, erasure.ErrNotFound) {
				f.Errorf("%s: %v", name, err)
			}
		}
		if has, err := f.HasOperators(f.Context()); err != nil || has {
			f.Errorf("an operator is left: %t, %v", has, err)
		}
		again, err := f.AddOperator(f.Context(), erasure.Operator{Name: "ada", Role: erasure.RoleOperator, CreatedAt: start.Add(2 * time.Hour)})
		f.must(err)
		f.wantErr(second(f.CheckCredential(f.Context(), "ada", first)), erasure.ErrNotFound)
		f.wantErr(second(f.Login(f.Context(), token, start, true)), erasure.ErrNotFound)
		f.must(second(f.CheckCredential(f.Context(), "ada", again)))
		list, err := f.ListOperators(f.Context())
		f.must(err)
		equal(f, "operators", list, []erasure.Operator{{Name: "ada", Role: erasure.RoleOperator, CreatedAt: start.Add(2 * time.Hour)}})
	},
	"HaveNamesThatAreNoAddresses": func(f *fixture) {
		for _, name := range []string{"", "ada@example.com", "ada lovelace", "ada\n", "é", string(make([]byte, 65))} {
			if _, err := f.AddOperator(f.Context(), erasure.Operator{Name: name, Role: erasure.RoleViewer, CreatedAt: start}); err == nil {
				f.Errorf("%q was added", name)
			}
		}
	},
}

func second[T any](_ T, err error) error { return err }

func TestLogins(t *testing.T) { runOnFixtures(t, loginTests) }

var loginTests = map[string]func(*fixture){
	"LastWhileUsed": func(f *fixture) {
		token := f.loggedIn()
		at := start
		for range 3 {
			at = at.Add(erasure.LoginIdles - time.Minute)
			got, err := f.Login(f.Context(), token, at, true)
			f.must(err)
			equal(f, "login", got, erasure.Login{Operator: erasure.Operator{Name: "ada", Role: erasure.RoleViewer, CreatedAt: start}, CreatedAt: start})
		}
		f.must(second(f.Login(f.Context(), token, at.Add(erasure.LoginIdles-time.Minute), false))) // a page that updates itself
		f.wantErr(second(f.Login(f.Context(), token, at.Add(erasure.LoginIdles), false)), erasure.ErrNotFound)
	},
	"EndAfterTheirTime": func(f *fixture) {
		token := f.loggedIn()
		for at := start; at.Before(start.Add(erasure.LoginLasts)); at = at.Add(erasure.LoginIdles / 2) {
			f.must(second(f.Login(f.Context(), token, at, true)))
		}
		f.wantErr(second(f.Login(f.Context(), token, start.Add(erasure.LoginLasts), true)), erasure.ErrNotFound)
	},
	"EndByHand": func(f *fixture) {
		token, other := f.loggedIn(), ""
		other, err := f.BeginLogin(f.Context(), "ada", start)
		f.must(err)
		f.must(f.EndLogin(f.Context(), token))
		f.must(f.EndLogin(f.Context(), token))
		f.wantErr(second(f.Login(f.Context(), token, start, true)), erasure.ErrNotFound)
		f.must(second(f.Login(f.Context(), other, start, true)))
	},
	"AreForgottenAfterTheirTime": func(f *fixture) {
		f.loggedIn()
		f.must(second(f.NewLoginCode(f.Context(), "ada", start)))
		f.must(second(f.BeginLogin(f.Context(), "ada", start.Add(erasure.LoginIdles))))
		for table, want := range map[string]int{"logins": 1, "login_codes": 0} {
			var n int
			f.must(f.DB().QueryRowContext(f.Context(), `SELECT count(*) FROM `+table).Scan(&n))
			equal(f, table, n, want)
		}
	},
	"BeginWithACodeOnce": func(f *fixture) {
		f.loggedIn()
		code, err := f.NewLoginCode(f.Context(), "ada", start)
		f.must(err)
		f.wantErr(second(f.UseLoginCode(f.Context(), code+"x", start)), erasure.ErrNotFound)
		f.wantErr(second(f.UseLoginCode(f.Context(), code, start.Add(erasure.LoginCodeLasts))), erasure.ErrNotFound)
		name, err := f.UseLoginCode(f.Context(), code, start)
		f.must(err)
		equal(f, "operator", name, "ada")
		f.wantErr(second(f.UseLoginCode(f.Context(), code, start)), erasure.ErrNotFound)
	},
}

func (f *fixture) loggedIn() (token string) {
	f.Helper()
	f.must(second(f.AddOperator(f.Context(), erasure.Operator{Name: "ada", Role: erasure.RoleViewer, CreatedAt: start})))
	token, err := f.BeginLogin(f.Context(), "ada", start)
	f.must(err)
	return token
}
