package provider

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/yuno-community/yuno-customers/erasure"
)

// oauth2Auth is the client credentials grant (RFC 6749, section 4.4). The client's
// id and secret are sent as HTTP Basic.
type oauth2Auth struct {
	tokenURL         urlTemplate
	clientID, secret template
	scope            template
}

// tokenMargin is how long before its expiry a token is replaced, because of clock
// differences and the time that requests take.
const tokenMargin = time.Minute

// accessToken is shared by the calls of a connection. It is kept in memory only.
type accessToken struct {
	turn    chan struct{} // a mutex that a context can stop waiting for
	text    string        // "" if there is no token
	expires time.Time     // zero if the provider does not say
}

func newAccessToken() *accessToken {
	t := &accessToken{turn: make(chan struct{}, 1)}
	t.turn <- struct{}{}
	return t
}

// get returns the current token, or one from fetch. Concurrent callers wait for
// one fetch. The outcome is nil if there is a token.
func (t *accessToken) get(ctx context.Context, fetch func(context.Context) (*oauth2.Token, *erasure.Outcome)) (string, *erasure.Outcome) {
	select {
	case <-t.turn:
		defer func() { t.turn <- struct{}{} }()
	case <-ctx.Done():
		outcome := noResponse(ctx, ctx.Err())
		return "", &outcome
	}
	if t.text != "" && (t.expires.IsZero() || time.Now().Before(t.expires)) {
		return t.text, nil
	}
	token, outcome := fetch(ctx)
	if outcome != nil {
		return "", outcome
	}
	t.text, t.expires = token.AccessToken, token.Expiry
	if lifetime := time.Until(token.Expiry); !token.Expiry.IsZero() {
		t.expires = t.expires.Add(-min(tokenMargin, max(0, lifetime/2)))
	}
	return t.text, nil
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
		t.text = ""
	}
}

// grant returns the grant with the values of a connection.
func (o oauth2Auth) grant(s scope, kinds map[string]kind) (*clientcredentials.Config, error) {
	tokenURL, err := o.tokenURL.render(s, kinds)
	if err != nil {
		return nil, err
	}
	g := &clientcredentials.Config{TokenURL: tokenURL.String(), AuthStyle: oauth2.AuthStyleInHeader}
	if g.ClientID, err = o.clientID.render(s, nil); err != nil {
		return nil, err
	}
	if g.ClientSecret, err = o.secret.render(s, nil); err != nil {
		return nil, err
	}
	scopes, err := o.scope.render(s, nil)
	g.Scopes = strings.Fields(scopes)
	return g, err
}

// fetchToken requests a token once. It never passes on the library's error, which
// contains the response.
func (c *Connection) fetchToken(ctx context.Context) (*oauth2.Token, *erasure.Outcome) {
	g, err := c.description.auth.oauth2.grant(c.scope(), c.description.kinds)
	if err != nil {
		outcome := impossible(err)
		return nil, &outcome
	}
	t := &tokenTransport{connection: c}
	token, err := g.Token(context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: t}))
	switch {
	case t.failed != nil:
		return nil, &t.failed.Outcome
	case t.got == nil: // the library could not make a request
		outcome := noResponse(ctx, err)
		return nil, &outcome
	case err == nil && t.got.status == http.StatusOK && kindSecret.check(token.AccessToken) == nil:
		return token, nil
	}
	// RFC 6749, section 5.2: a client that is rejected gets 400 or 401.
	outcome := t.got.judge([]rule{{
		statuses: []statusRange{{http.StatusBadRequest, http.StatusBadRequest}},
		then:     verdict{kind: erasure.OutcomeActionRequired, reason: erasure.ReasonKeyRefused},
	}})
	return nil, &outcome
}

// tokenTransport makes the library's request for a token in the way of every other
// request, and keeps what came of it.
type tokenTransport struct {
	connection *Connection
	got        *response
	failed     *failure
}

// RoundTrip implements [http.RoundTripper]. The response is complete.
func (t *tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	r, err := requestOf(req)
	if err != nil {
		return nil, err
	}
	t.got, t.failed = t.connection.exchange(req.Context(), r)
	if t.failed != nil {
		return nil, errNoResponse
	}
	header := t.got.header.Clone()
	header.Del("Location") // no redirect is followed
	return &http.Response{
		StatusCode: t.got.status, Header: header, Request: req,
		Body: io.NopCloser(bytes.NewReader(t.got.body)),
	}, nil
}

// errNoResponse ends a request of the library. Nobody looks at it.
var errNoResponse = errors.New("no response")

// previewToken returns the request for a token as it would be sent, without secrets.
func (o oauth2Auth) previewToken(ctx context.Context, s scope, kinds map[string]kind) (r request, err error) {
	g, err := o.grant(s, kinds)
	if err != nil {
		return r, err
	}
	record := recorder(func(req *http.Request) (err error) {
		req.Header.Set("Authorization", "Basic "+mask)
		r, err = requestOf(req)
		return err
	})
	_, _ = g.Token(context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: record}))
	return r, nil
}

// recorder is a transport that only looks at requests.
type recorder func(*http.Request) error

// RoundTrip implements [http.RoundTripper]. It always fails.
func (f recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := f(req); err != nil {
		return nil, err
	}
	return nil, errNoResponse
}

// requestOf converts a request of the library.
func requestOf(req *http.Request) (request, error) {
	body, err := io.ReadAll(req.Body)
	r := request{call: "access_token", method: req.Method, url: req.URL, body: body}
	for _, name := range []string{"Authorization", "Content-Type"} { // all that it sets
		r.headers = append(r.headers, header{name, req.Header.Get(name)})
	}
	return r, err
}

func (r *descriptionReader) readOAuth2(n node) *oauth2Auth {
	o := &oauth2Auth{}
	fields := n.fields("token_url", "client_id", "client_secret", "scope")
	if fields["token_url"].need(n) {
		o.tokenURL = r.readURL(fields["token_url"], nil)
	}
	if fields["client_id"].need(n) {
		o.clientID = r.readTemplate(fields["client_id"], nil)
	}
	if fields["client_secret"].need(n) {
		o.secret = r.readSecretTemplate(fields["client_secret"], nil)
	}
	o.scope = r.readOptional(fields["scope"], nil)
	return o
}
