package ops

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/internal/clientnet"
)

const cookieName = "yuno_erasure_ops"

// tokenOf returns the token of a request's login, or "".
func tokenOf(r *http.Request) string {
	cookie, err := r.Cookie(cookieName)
	if err != nil || len(cookie.Value) > 64 {
		return ""
	}
	return cookie.Value
}

// setToken sets the cookie of a login, or removes it. The cookie is not sent with requests
// that come from other sites, and scripts cannot read it. It is only for TLS if a proxy in
// front says that it uses TLS; on this machine there may be none.
func setToken(w http.ResponseWriter, r *http.Request, token string) {
	cookie := &http.Cookie{
		Name: cookieName, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https",
	}
	if token == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(w, cookie)
}

// loginPath returns the address of the login for somebody who wanted another page.
func loginPath(wanted *url.URL) string {
	if wanted.Path == "/" {
		return "/login"
	}
	return "/login?next=" + url.QueryEscape(wanted.RequestURI())
}

// nextPath returns a path of this site: "/", unless next is another one.
func nextPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.Contains(next, `\`) {
		return "/"
	}
	return u.RequestURI()
}

// loginForm is what the login shows.
type loginForm struct {
	Next, Name, Code string
	Problem          string
}

func (p *Page) showLogin(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	p.render(w, http.StatusOK, "login", p.view(nil, "Log in", "", loginForm{Next: nextPath(q.Get("next")), Code: q.Get("code")}))
	return nil
}

// logIn logs somebody in with a name and credential, or with a code. A code is used by this
// request and not by the one that shows the form: programs that look at links in advance
// would use it up.
func (p *Page) logIn(w http.ResponseWriter, r *http.Request) error {
	form := loginForm{Next: nextPath(r.PostFormValue("next")), Name: r.PostFormValue("name")}
	if wait := p.attempts.wait(p.clientOf(r)); wait > 0 {
		w.Header().Set("Retry-After", fmt.Sprint(int(wait.Seconds())+1))
		form.Problem = fmt.Sprintf("Too many logins have failed from here. Wait %d seconds.", int(wait.Seconds())+1)
		p.render(w, http.StatusTooManyRequests, "login", p.view(nil, "Log in", "", form))
		return nil
	}
	name, err := p.whoIs(r, form.Name)
	if errors.Is(err, erasure.ErrNotFound) {
		form.Problem = "That name and credential do not belong together, or were revoked."
		if r.PostFormValue("code") != "" {
			form.Problem = "That link was used before, or has expired. Log in with your credential."
		}
		p.attempts.failed(p.clientOf(r))
		p.Logger.WarnContext(r.Context(), "operations page: a login failed", "address", p.clientOf(r))
		p.render(w, http.StatusUnauthorized, "login", p.view(nil, "Log in", "", form))
		return nil
	}
	if err != nil {
		return err
	}
	token, err := p.Store.BeginLogin(r.Context(), name, p.Now())
	if err != nil {
		return err
	}
	setToken(w, r, token)
	p.Logger.InfoContext(r.Context(), "operations page: login", "operator", name)
	http.Redirect(w, r, form.Next, http.StatusSeeOther)
	return nil
}

// whoIs returns the operator whom the form logs in, or ErrNotFound.
func (p *Page) whoIs(r *http.Request, name string) (operator string, err error) {
	if code := r.PostFormValue("code"); code != "" {
		return p.Store.UseLoginCode(r.Context(), code, p.Now())
	}
	o, err := p.Store.CheckCredential(r.Context(), name, strings.TrimSpace(r.PostFormValue("credential")))
	return o.Name, err
}

func (p *Page) logOut(w http.ResponseWriter, r *http.Request) error {
	if token := tokenOf(r); token != "" {
		if err := p.Store.EndLogin(r.Context(), token); err != nil {
			return err
		}
	}
	setToken(w, r, "")
	http.Redirect(w, r, "/login", http.StatusSeeOther)
	return nil
}

// clientOf returns the network of a request's client.
func (p *Page) clientOf(r *http.Request) string {
	return clientnet.OfRequest(r, p.Proxies).String()
}

// LoginPath is the path of a link that logs somebody in, with a code of
// [sqlstore.Store.NewLoginCode].
func LoginPath(code string) string { return "/login?code=" + url.QueryEscape(code) }

// How many logins from one network may fail at once, and how soon the next one may be tried.
const (
	attemptsAtOnce = 5
	attemptEvery   = 10 * time.Second
)
