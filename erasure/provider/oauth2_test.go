package provider

import (
	"context"
	"fmt"
	"io"
	"log"
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/yuno-community/yuno-customers/erasure"
)

var quiet = log.New(io.Discard, "", 0)

// paypalOver is a PayPal connection over a transport of the test, which gets
// the requests and returns status and body.
func paypalOver(t *testing.T, respond func(r *http.Request) (int, string)) *Connection {
	t.Helper()
	c := connect(t, useEntry("paypal", map[string]string{"base_url": "http://127.0.0.1:1"}, ""))
	c.client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		status, body := respond(r)
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
	})}
	return c
}

func isTokenRequest(r *http.Request) bool { return r.URL.Path == "/v1/oauth2/token" }

func TestAccessToken(t *testing.T) {
	t.Parallel()
	one := erasure.References{Tokens: []string{"tok_1"}}
	t.Run("IsKeptUntilAMinuteBeforeItExpires", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			fetched := 0
			c := paypalOver(t, func(r *http.Request) (int, string) {
				if isTokenRequest(r) {
					fetched++
					return 200, `{"access_token":"a","expires_in":600}`
				}
				return 204, ""
			})
			for _, step := range []struct {
				wait time.Duration
				want int
			}{{0, 1}, {9*time.Minute - time.Second, 1}, {time.Second, 2}, {time.Hour, 3}} {
				time.Sleep(step.wait)
				if got := c.Erase(t.Context(), erasure.Progress{References: one}); got.Kind != succeeded {
					t.Fatalf("got %+v", got)
				}
				if fetched != step.want {
					t.Errorf("after %v: %d tokens, want %d", step.wait, fetched, step.want)
				}
			}
		})
	})
	t.Run("WithoutLifetimeIsKeptUntilRefused", func(t *testing.T) {
		t.Parallel()
		fetched := 0
		c := paypalOver(t, func(r *http.Request) (int, string) {
			if isTokenRequest(r) {
				fetched++
				return 200, `{"access_token":"a"}`
			}
			return 204, ""
		})
		c.Erase(t.Context(), erasure.Progress{References: one})
		c.Erase(t.Context(), erasure.Progress{References: one})
		if fetched != 1 {
			t.Errorf("%d tokens, want 1", fetched)
		}
	})
	t.Run("IsReplacedOnceWhenRefused", func(t *testing.T) {
		t.Parallel()
		fetched := 0
		c := paypalOver(t, func(r *http.Request) (int, string) {
			switch {
			case isTokenRequest(r):
				fetched++
				return 200, `{"access_token":"token` + string(rune('0'+fetched)) + `","expires_in":600}`
			case r.Header.Get("Authorization") == "Bearer token1":
				return 401, ""
			}
			return 204, ""
		})
		if got := c.Erase(t.Context(), erasure.Progress{References: one}); got.Kind != succeeded || fetched != 2 {
			t.Errorf("got %+v with %d tokens", got, fetched)
		}
	})
	t.Run("RefusedAgainIsAKeyRefused", func(t *testing.T) {
		t.Parallel()
		asked := 0
		c := paypalOver(t, func(r *http.Request) (int, string) {
			if isTokenRequest(r) {
				return 200, `{"access_token":"a","expires_in":600}`
			}
			asked++
			return 401, ""
		})
		wantOutcome(t, c.Erase(t.Context(), erasure.Progress{References: one}), erasure.Outcome{Kind: act, Reason: "key_refused", Status: 401})
		if asked != 2 {
			t.Errorf("asked %d times, want 2", asked)
		}
	})
	responses := map[string]struct {
		status int
		body   string
		want   erasure.Outcome
	}{
		"InvalidClient":    {401, `{"error":"invalid_client"}`, erasure.Outcome{Kind: act, Reason: "key_refused", Status: 401}},
		"InvalidRequest":   {400, `{"error":"invalid_client"}`, erasure.Outcome{Kind: act, Reason: "key_refused", Status: 400}},
		"RateLimited":      {429, ``, erasure.Outcome{Kind: retry, Reason: "rate_limited", Status: 429}},
		"Unavailable":      {503, ``, erasure.Outcome{Kind: retry, Reason: "http_503", Status: 503}},
		"NoToken":          {200, `{}`, erasure.Outcome{Kind: retry, Reason: "unexpected_answer", Status: 200}},
		"NotJSON":          {200, `<html>`, erasure.Outcome{Kind: retry, Reason: "unexpected_answer", Status: 200}},
		"TokenWithNewline": {200, `{"access_token":"a\r\nX: y","expires_in":600}`, erasure.Outcome{Kind: retry, Reason: "unexpected_answer", Status: 200}},
		"OtherProtocol":    {101, ``, erasure.Outcome{Kind: retry, Reason: "unexpected_status", Status: 101}},
		"Redirect":         {302, ``, erasure.Outcome{Kind: retry, Reason: "unexpected_status", Status: 302}},
		"TooLarge":         {200, `{"access_token":"a","pad":"` + strings.Repeat("x", maxResponseBody) + `"}`, erasure.Outcome{Kind: retry, Reason: "answer_too_large", Status: 200}},
		"ErrorWith200":     {200, `{"error":"invalid_client"}`, erasure.Outcome{Kind: retry, Reason: "unexpected_answer", Status: 200}},
		"WrongURL":         {404, ``, erasure.Outcome{Kind: act, Reason: "not_found_unconfirmed", Status: 404}},
	}
	for name, test := range responses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := paypalOver(t, func(r *http.Request) (int, string) {
				if !isTokenRequest(r) {
					t.Error("a request without a token")
				}
				return test.status, test.body
			})
			wantOutcome(t, c.Erase(t.Context(), erasure.Progress{References: one}), test.want)
		})
	}
	t.Run("WaitingForAnotherEndsWithTheContext", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c := paypalOver(t, func(*http.Request) (int, string) { return 204, "" })
			<-c.token.turn // another call is fetching
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			wantOutcome(t, c.Erase(ctx, erasure.Progress{References: one}), erasure.Outcome{Kind: retry, Reason: "timeout"})
		})
	})
}

// A redirect would send the client's secret to another host.
func TestTokenRedirect(t *testing.T) {
	t.Parallel()
	w := listen(t, responseBytes(307, "", "Location: /elsewhere"))
	c := connect(t, useEntry("paypal", map[string]string{"base_url": w.url()}, ""))
	wantOutcome(t, c.Erase(t.Context(), erasure.Progress{References: erasure.References{Tokens: []string{"t"}}}),
		erasure.Outcome{Kind: retry, Reason: "unexpected_status", Status: 307})
	if n := len(w.got()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// Of several calls whose token was refused, the last must not drop the new one.
func TestDropTokenOfBefore(t *testing.T) {
	t.Parallel()
	token := newAccessToken()
	fetched := 0
	get := func() string {
		text, _ := token.get(t.Context(), func(context.Context) (*oauth2.Token, *erasure.Outcome) {
			fetched++
			return &oauth2.Token{AccessToken: fmt.Sprintf("token%d", fetched), Expiry: time.Now().Add(time.Hour)}, nil
		})
		return text
	}
	first := get()
	token.drop(t.Context(), first)
	second := get()
	token.drop(t.Context(), first)
	if again := get(); second != "token2" || again != second || fetched != 2 {
		t.Errorf("got %s, %s, %s with %d fetched", first, second, again, fetched)
	}
}

// expires_in is a number, or text as PayPal sends it.
func TestTokenLifetime(t *testing.T) {
	t.Parallel()
	for expires, want := range map[string]time.Duration{
		`60`: 30 * time.Second, `"600"`: 9 * time.Minute, `-5`: -5 * time.Second, `9999999999`: math.MaxInt32*time.Second - time.Minute,
	} {
		t.Run(expires, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := paypalOver(t, func(*http.Request) (int, string) { return 200, `{"access_token":"a","expires_in":` + expires + `}` })
				if _, failed := c.token.get(t.Context(), c.fetchToken); failed != nil {
					t.Fatalf("got %+v", failed)
				}
				if got := time.Until(c.token.expires); got != want {
					t.Errorf("got %v, want %v", got, want)
				}
			})
		})
	}
	for _, expires := range []string{`1.5`, `"soon"`, `1e300`, `{}`} {
		c := paypalOver(t, func(*http.Request) (int, string) { return 200, `{"access_token":"a","expires_in":` + expires + `}` })
		if _, failed := c.token.get(t.Context(), c.fetchToken); failed == nil || failed.Reason != erasure.ReasonUnexpectedAnswer {
			t.Errorf("%s: got %+v", expires, failed)
		}
	}
}
