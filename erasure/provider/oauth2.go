package provider

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// oauth2Auth is the client credentials grant (RFC 6749, section 4.4). The client's
// id and secret are sent as HTTP Basic.
type oauth2Auth struct {
	tokenURL urlTemplate
	client   basicAuth
	scope    template
}

// tokenMargin is how long before its expiry a token is replaced, because of clock
// differences and the time that requests take.
const tokenMargin = time.Minute

// accessToken is shared by the calls of a connection. It is kept in memory only.
type accessToken struct {
	turn    chan struct{} // a mutex that a context can stop waiting for
	text    string
	expires time.Time // zero if there is no token
}

func newAccessToken() *accessToken {
	t := &accessToken{turn: make(chan struct{}, 1)}
	t.turn <- struct{}{}
	return t
}

// get returns the current token, or one from fetch. Concurrent callers wait for
// one fetch. The outcome is nil if there is a token.
func (t *accessToken) get(ctx context.Context, fetch func() (string, time.Duration, *erasure.Outcome)) (string, *erasure.Outcome) {
	select {
	case <-t.turn:
		defer func() { t.turn <- struct{}{} }()
	case <-ctx.Done():
		outcome := noResponse(ctx, ctx.Err())
		return "", &outcome
	}
	if time.Now().Before(t.expires) {
		return t.text, nil
	}
	text, lifetime, outcome := fetch()
	if outcome != nil {
		return "", outcome
	}
	t.text = text
	t.expires = time.Now().Add(lifetime - min(tokenMargin, lifetime/2))
	return text, nil
}

// drop forgets a token that the provider rejected, unless another caller has
// replaced it since.
func (t *accessToken) drop(ctx context.Context, refused string) {
	select {
	case <-t.turn:
		defer func() { t.turn <- struct{}{} }()
	case <-ctx.Done():
		return
	}
	if t.text == refused {
		t.expires = time.Time{}
	}
}

// request returns the request for a token.
func (o oauth2Auth) request(s scope, kinds map[string]kind) (request, error) {
	r := request{call: "access_token", method: http.MethodPost}
	var err error
	if r.url, err = o.tokenURL.render(s, kinds); err != nil {
		return request{}, err
	}
	if r.headers, err = o.client.prove(s); err != nil {
		return request{}, err
	}
	form := formBody{{"grant_type", template{[]part{{literal: "client_credentials"}}}}}
	if len(o.scope.parts) > 0 {
		form = append(form, field{"scope", o.scope})
	}
	if r.body, err = form.render(s); err != nil {
		return request{}, err
	}
	r.headers = append(r.headers, header{"Accept", "application/json"}, header{"Content-Type", form.contentType()})
	return r, nil
}

// fetchToken requests a token once.
func (c *Connection) fetchToken(ctx context.Context) (string, time.Duration, *erasure.Outcome) {
	r, err := c.description.auth.oauth2.request(c.scope(), c.description.kinds)
	if err != nil {
		outcome := impossible(err)
		return "", 0, &outcome
	}
	resp, err := c.exchange(ctx, r)
	if err != nil {
		outcome := noResponse(ctx, err)
		return "", 0, &outcome
	}
	if resp.status == http.StatusOK {
		if text, lifetime, ok := readToken(resp.body); ok {
			return text, lifetime, nil
		}
	}
	// RFC 6749, section 5.2: a client that is rejected gets 400 or 401.
	outcome := resp.judge([]rule{{
		statuses: []statusRange{{http.StatusBadRequest, http.StatusBadRequest}},
		then:     verdict{kind: erasure.OutcomeActionRequired, reason: "key_refused"},
	}})
	return "", 0, &outcome
}

// readToken reads a token response (RFC 6749, section 5.1). A token without a
// lifetime is used once.
func readToken(body []byte) (text string, lifetime time.Duration, ok bool) {
	var token struct {
		Text    string  `json:"access_token"`
		Seconds float64 `json:"expires_in"`
	}
	if json.Unmarshal(body, &token) != nil || kindSecret.check(token.Text) != nil {
		return "", 0, false
	}
	const most = 24 * time.Hour // also keeps the product from overflowing
	seconds := max(0, min(token.Seconds, most.Seconds()))
	return token.Text, time.Duration(seconds * float64(time.Second)), true
}

func (r *descriptionReader) readOAuth2(n node) *oauth2Auth {
	o := &oauth2Auth{}
	fields := n.fields("token_url", "client_id", "client_secret", "scope")
	if fields["token_url"].need(n) {
		o.tokenURL = r.readURL(fields["token_url"], nil)
	}
	if fields["client_id"].need(n) {
		o.client.username = r.readTemplate(fields["client_id"], nil)
	}
	if fields["client_secret"].need(n) {
		o.client.password = r.readSecretTemplate(fields["client_secret"], nil)
	}
	o.scope = r.readOptional(fields["scope"], nil)
	return o
}
