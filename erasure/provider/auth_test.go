package provider

import (
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
)

// Test case 2 of RFC 4231, in each encoding.
func TestHMACEncodings(t *testing.T) {
	t.Parallel()
	for encoding, want := range map[string]string{
		encodingHex:       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		encodingBase64:    "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=",
		encodingBase64URL: "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=",
		encodingBase64Hex: "NWJkY2MxNDZiZjYwNzU0ZTZhMDQyNDI2MDg5NTc1Yzc1YTAwM2YwODlkMjczOTgzOWRlYzU4Yjk2NGVjMzg0Mw==",
	} {
		if got := (hmacAuth{encoding: encoding}).sign("Jefe", "what do ya want for nothing?"); got != want {
			t.Errorf("%s: got %s, want %s", encoding, got, want)
		}
	}
	// The two base64 alphabets differ for this one.
	plain := hmacAuth{encoding: encodingBase64}.sign("k", "16")
	url := hmacAuth{encoding: encodingBase64URL}.sign("k", "16")
	if plain == url || strings.NewReplacer("+", "-", "/", "_").Replace(plain) != url {
		t.Errorf("got %s and %s", plain, url)
	}
}

// What a signed request signs: the request that is sent.
func TestHMACOverEverything(t *testing.T) {
	t.Parallel()
	c := describe(t, `provider: signed
title: Signed
parameters:
  base_url: {kind: url}
  key: {kind: secret}
auth:
  hmac_sha256:
    key: ${key}
    message: ${method}|${method_lower}|${path}|${body}
    encoding: hex
    headers: {Authorization: "V1, Signature: ${signature}"}
calls:
  - name: delete
    method: POST
    url: ${base_url}/v1/delete?dry=no&id=${customer}
    body: {form: {id: "${customer}"}}
    answers: [{when: {status: 200}, then: succeeded}]
`, "http://127.0.0.1:1/base")
	steps, err := c.plan(erasure.Progress{References: erasure.References{Customer: "a b"}}, c.scope())
	if err != nil {
		t.Fatal(err)
	}
	headers, err := c.description.auth.prove(steps[0].scope, "", steps[0].request)
	if err != nil {
		t.Fatal(err)
	}
	want := "V1, Signature: " + hmacAuth{encoding: encodingHex}.sign(secret, "POST|post|/base/v1/delete?dry=no&id=a%20b|id=a%20b")
	if len(headers) != 1 || headers[0] != (header{"Authorization", want}) {
		t.Errorf("got %v, want %s", headers, want)
	}
}

// The rest of what a description can send, byte for byte.
func TestDescribedRequests(t *testing.T) {
	t.Parallel()
	const head = "provider: acme\ntitle: Acme\nparameters:\n  base_url: {kind: url}\n  key: {kind: secret}\n"
	const answers = "    answers: [{when: {status: 204}, then: succeeded}]\n"
	tests := map[string]struct{ description, want string }{
		"HeaderKeys": {
			head + "auth: {headers: {X-Login: me, X-Trans-Key: '${key}'}}\ncalls:\n  - name: a\n    method: DELETE\n    url: ${base_url}/c/${customer}\n" + answers,
			requestBytes("DELETE /c/cus_123 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", "X-Login: me", "X-Trans-Key: "+secret, "", ""),
		},
		"Form": {
			head + "auth: {bearer: '${key}'}\ncalls:\n  - name: a\n    method: POST\n    url: ${base_url}/c\n    body: {form: {z: '${customer}', 'a[]': 'x&y'}}\n" + answers,
			requestBytes("POST /c HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", "Content-Length: 23", "Authorization: Bearer "+secret,
				"Content-Type: application/x-www-form-urlencoded", "", "z=cus_123&a%5B%5D=x%26y"),
		},
		"XML": {
			head + "auth: {bearer: '${key}'}\ncalls:\n  - name: a\n    method: PUT\n    url: ${base_url}/c\n    headers: {content-type: text/xml}\n    body: {xml: '<id>${customer}</id>'}\n" + answers,
			requestBytes("PUT /c HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", "Content-Length: 16", "Authorization: Bearer "+secret,
				"content-type: text/xml", "", "<id>cus_123</id>"),
		},
		"JSONKeepsOrderAndKinds": {
			head + "auth: {bearer: '${key}'}\ncalls:\n  - name: a\n    method: POST\n    url: ${base_url}/c\n    body: {json: {z: '${customer}', a: {n: 1, f: 1.50, t: true, x: null, l: [1, two, []], o: {}}, s: '7', h: '<&>'}}\n" + answers,
			requestBytes("POST /c HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", "Content-Length: 96", "Authorization: Bearer "+secret,
				"Content-Type: application/json", "", `{"z":"cus_123","a":{"n":1,"f":1.50,"t":true,"x":null,"l":[1,"two",[]],"o":{}},"s":"7","h":"<&>"}`),
		},
		"OtherUserAgent": {
			head + "auth: {bearer: '${key}'}\ncalls:\n  - name: a\n    method: DELETE\n    url: ${base_url}/c/${customer}\n    headers: {User-Agent: acme-client/2}\n" + answers,
			requestBytes("DELETE /c/cus_123 HTTP/1.1", "Host: HOST", "User-Agent: acme-client/2", "Authorization: Bearer "+secret, "", ""),
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := listen(t, responseBytes(204, ""))
			outcome := describe(t, test.description, w.url()).Erase(t.Context(), erasure.Progress{References: someone})
			wantOutcome(t, outcome, erasure.Outcome{Kind: erasure.OutcomeSucceeded, Status: 204})
			if got := w.got()[0]; got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestOAuth2Scope(t *testing.T) {
	t.Parallel()
	w := listen(t, responseBytes(200, `{"access_token":"t","expires_in":60}`), responseBytes(204, ""))
	c := describe(t, `provider: acme
title: Acme
parameters:
  base_url: {kind: url}
  key: {kind: secret}
auth: {oauth2: {token_url: "${base_url}/token", client_id: me, client_secret: "${key}", scope: read write}}
calls:
  - name: a
    method: DELETE
    url: ${base_url}/c/${customer}
    answers: [{when: {status: 204}, then: succeeded}]
`, w.url())
	wantOutcome(t, c.Erase(t.Context(), erasure.Progress{References: someone}), erasure.Outcome{Kind: erasure.OutcomeSucceeded, Status: 204})
	if got, want := w.got()[0], "\r\n\r\ngrant_type=client_credentials&scope=read+write"; !strings.HasSuffix(got, want) {
		t.Errorf("got %q, want %q at the end", got, want)
	}
}

// Proxies of the environment are used only where the configuration says so.
func TestProxy(t *testing.T) {
	t.Parallel()
	for config, want := range map[string]bool{"": false, "proxy: none\n": false, "proxy: environment\n": true} {
		c := connect(t, config+useEntry("stripe", map[string]string{"base_url": "http://127.0.0.1:1"}, ""))
		transport := transportOf(t, c)
		if got := transport.Proxy != nil; got != want {
			t.Errorf("%q: got %v, want %v", config, got, want)
		}
	}
}
