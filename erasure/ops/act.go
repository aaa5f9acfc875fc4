package ops

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// deed is an action that the page asks about, and then does.
type deed struct {
	// Question is what is asked, Where says about what, Lines explain it, and Button does it.
	Question string
	Where    string
	Lines    []string
	Button   string
	// Note asks for a text with this label; empty for none.
	Note     string
	NoteMost int
	// Back is where the reader came from, and is led afterwards.
	Back string
	// Fields are sent with the form: what was asked about.
	Fields url.Values
	// Text and Problem are what was written, and what is wrong with it.
	Text, Problem string

	// do does it, and says what it did.
	do func(ctx context.Context, note string) (done string, err error)
	// show does it and writes the response, for what must be shown at once and never again.
	show func(w http.ResponseWriter, r *http.Request, v *visit) error
}

// deeds returns the function that prepares each kind of action from a form. A form that names
// what does not exist, or does not fit, is an error.
func (p *Page) deeds() map[string]func(context.Context, url.Values) (*deed, error) {
	return map[string]func(context.Context, url.Values) (*deed, error){
		"retry": p.retry, "resolve": p.resolve, "reopen": p.reopen, "references": p.references,
		"pause": p.pause, "resume": p.resume, "check": p.check,
		"create-account": p.createAccount, "rotate-account": p.rotateAccount, "revoke-account": p.revokeAccount,
	}
}

// ask shows the question of an action. Nothing has happened yet.
func (p *Page) ask(w http.ResponseWriter, r *http.Request, v *visit) error {
	d, err := p.deed(r.Context(), r.PathValue("deed"), r.URL.Query(), v)
	if err != nil {
		return err
	}
	// What comes after the question is not what was asked about.
	d.Fields.Set("until", p.Now().UTC().Format(time.RFC3339Nano))
	p.render(w, http.StatusOK, "ask", p.view(v, d.Question, "", d))
	return nil
}

// act does what was asked. It has to fit still.
func (p *Page) act(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := r.ParseForm(); err != nil {
		return &problem{http.StatusBadRequest, "The form did not arrive as a whole", "Nothing was done. Try it again."}
	}
	d, err := p.deed(r.Context(), r.PathValue("deed"), r.PostForm, v)
	if err != nil {
		return err
	}
	if d.Note != "" {
		d.Text = r.PostForm.Get("note")
		if err := erasure.CheckFreeText(d.Text, d.NoteMost); err != nil {
			d.Problem = "It " + err.Error() + "."
			d.Fields.Set("until", r.PostForm.Get("until"))
			p.render(w, http.StatusBadRequest, "ask", p.view(v, d.Question, "", d))
			return nil
		}
	}
	actor := erasure.Actor{Name: v.Operator.Name, Via: erasure.ViaPage, Selection: Selection(selected(r.PostForm))}
	ctx := sqlstore.WithActor(r.Context(), actor)
	if d.show != nil {
		return d.show(w, r.WithContext(ctx), v)
	}
	done, err := d.do(ctx, d.Text)
	if err != nil {
		return explain(err)
	}
	p.overview.forget()
	setDone(w, done)
	http.Redirect(w, r, d.Back, http.StatusSeeOther)
	return nil
}

// deed prepares an action, for an operator who may act.
func (p *Page) deed(ctx context.Context, kind string, form url.Values, v *visit) (*deed, error) {
	prepare := p.deeds()[kind]
	switch {
	case prepare == nil:
		return nil, errNoPage
	case !v.mayAct():
		return nil, errViewer
	}
	d, err := prepare(ctx, form)
	if err != nil {
		return nil, explain(err)
	}
	d.Fields = url.Values{}
	for _, name := range []string{"erasure", "target", "provider", "reason", "connection", "account", "current"} {
		if form.Has(name) {
			d.Fields.Set(name, form.Get(name))
		}
	}
	return d, nil
}

// explain turns an error about the state of a target into a page.
func explain(err error) error {
	var state *erasure.StateError
	if errors.As(err, &state) {
		return &problem{http.StatusConflict, "This does not fit any more", "Somebody or something was faster: " + state.Error() + ". Nothing was done."}
	}
	return err
}

const doneCookie = "yuno_erasure_done"

// setDone keeps what was done for the next page. It contains nothing secret, and it is shown as
// text wherever it comes from.
func setDone(w http.ResponseWriter, done string) {
	http.SetCookie(w, &http.Cookie{
		Name: doneCookie, Value: base64.RawURLEncoding.EncodeToString([]byte(done)), Path: "/", MaxAge: 60, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
}

// takeDone returns what was done before, once.
func takeDone(w http.ResponseWriter, r *http.Request) string {
	cookie, err := r.Cookie(doneCookie)
	if err != nil {
		return ""
	}
	http.SetCookie(w, &http.Cookie{Name: doneCookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	done, _ := base64.RawURLEncoding.DecodeString(cookie.Value)
	return string(done)
}
