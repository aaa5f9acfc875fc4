package ops

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"github.com/yuno-community/yuno-customers/erasure"
)

// keyPrefix is what new keys begin with. It is none of Yuno's: from one of those, a client
// concludes that the keys are for Yuno.
const keyPrefix = "erasure_"

// NewKeys returns a new pair of random API keys, of at least 128 bits each after the prefix.
func NewKeys(prefix string) (publicKey, secretKey string) {
	return prefix + rand.Text(), prefix + rand.Text()
}

func (p *Page) showAccounts(w http.ResponseWriter, r *http.Request, v *visit) error {
	accounts, err := p.Store.ListAccounts(r.Context())
	if err != nil {
		return err
	}
	p.render(w, http.StatusOK, "accounts", p.view(v, "Accounts", "accounts", accounts))
	return nil
}

// shownKeys are keys that are shown once.
type shownKeys struct{ Account, Public, Secret string }

// account returns the account of a form.
func (p *Page) account(ctx context.Context, form url.Values) (erasure.Account, error) {
	accounts, err := p.Store.ListAccounts(ctx)
	if err != nil {
		return erasure.Account{}, err
	}
	for _, a := range accounts {
		if a.Code == form.Get("account") {
			return a, nil
		}
	}
	return erasure.Account{}, errNoPage
}

// createAccount asks about an account whose code is in the form, so that a form that is sent
// again creates no second one.
func (p *Page) createAccount(_ context.Context, form url.Values) (*deed, error) {
	code := form.Get("account")
	if code == "" {
		code = uuid.NewString()
		form.Set("account", code)
	}
	if parsed, err := uuid.Parse(code); err != nil || parsed.String() != code {
		return nil, errNoPage
	}
	return &deed{
		Question: "Create an account?", Where: "Its code will be " + code + ".", Button: "Create", Back: "/accounts",
		Lines: []string{"Its keys are shown once, in the response. The database keeps a hash of the secret key."},
		show: func(w http.ResponseWriter, r *http.Request, v *visit) error {
			publicKey, secretKey := NewKeys(keyPrefix)
			err := p.Store.CreateAccount(r.Context(), erasure.Account{
				Code: code, PublicKey: publicKey, SecretHash: sha256.Sum256([]byte(secretKey)), CreatedAt: p.Now(),
			})
			if known, findErr := p.account(r.Context(), form); err != nil && findErr == nil && known.Code == code {
				return &problem{http.StatusConflict, "This account exists already", "The form was sent again. Its keys were shown before; replace them if they are lost."}
			}
			if err != nil {
				return err
			}
			return p.showKeys(w, v, "The account was created", shownKeys{code, publicKey, secretKey})
		},
	}, nil
}

// rotateAccount asks about the keys that are in force. A form that is sent again is about keys
// that are no longer.
func (p *Page) rotateAccount(ctx context.Context, form url.Values) (*deed, error) {
	a, err := p.account(ctx, form)
	if err != nil {
		return nil, err
	}
	if current := form.Get("current"); current != "" && current != a.PublicKey {
		return nil, &problem{http.StatusConflict, "The keys were replaced meanwhile", "Nothing was done by this form."}
	}
	form.Set("current", a.PublicKey)
	return &deed{
		Question: "Replace the keys of an account?", Where: "Of account " + a.Code + ".", Button: "Replace keys", Back: "/accounts",
		Lines: []string{"The service rejects the keys of today from then on. The new keys are shown once, in the response."},
		show: func(w http.ResponseWriter, r *http.Request, v *visit) error {
			publicKey, secretKey := NewKeys(keyPrefix)
			if err := p.Store.ReplaceKeys(r.Context(), a.Code, publicKey, sha256.Sum256([]byte(secretKey)), p.Now()); err != nil {
				return err
			}
			return p.showKeys(w, v, "The keys were replaced", shownKeys{a.Code, publicKey, secretKey})
		},
	}, nil
}

func (p *Page) revokeAccount(ctx context.Context, form url.Values) (*deed, error) {
	a, err := p.account(ctx, form)
	if err != nil {
		return nil, err
	}
	if !a.RevokedAt.IsZero() {
		return nil, &problem{http.StatusConflict, "The keys are revoked already", "Nothing was done."}
	}
	return &deed{
		Question: "Reject the keys of an account?", Where: "Of account " + a.Code + ".", Button: "Revoke", Back: "/accounts",
		Lines: []string{"The service responds with 401 to them from now on. The account's customers and erasures remain, and accepted erasures continue. New keys bring it back."},
		do: func(ctx context.Context, _ string) (string, error) {
			err := p.Store.RevokeAccount(ctx, a.Code, p.Now())
			if errors.Is(err, erasure.ErrNotFound) {
				err = errNoPage
			}
			return "The keys of account " + a.Code + " are rejected from now on.", err
		},
	}, nil
}

func (p *Page) showKeys(w http.ResponseWriter, v *visit, title string, keys shownKeys) error {
	p.render(w, http.StatusOK, "keys", p.view(v, title, "accounts", keys))
	return nil
}
