package provider

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// The expectations of this file are written by hand from the providers'
// specifications, SDKs and documentation, not from the descriptions.

const uuid = "UUID" // stands for an idempotency key

var uuidPattern = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)

func basic(credentials string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(credentials))
}

// Every request of an erasure of someone, byte for byte. Header names are in the
// order in which net/http writes them, which is sorted.
func TestCatalogueRequests(t *testing.T) {
	t.Parallel()
	noContent := responseBytes(204, "")
	json := func(body string) string { return responseBytes(200, body, "Content-Type: application/json") }
	bearer := "Authorization: Bearer " + secret
	tests := map[string]struct {
		paths     map[string]string
		responses []string
		requests  []string
		outcome   erasure.Outcome
	}{
		"stripe": {
			responses: []string{
				responseBytes(200, `{"id":"cus_123","object":"customer","deleted":true}`),
				responseBytes(200, `{"id":"cus_123","object":"customer","deleted":true}`),
			},
			requests: []string{
				requestBytes("DELETE /v1/customers/cus_123 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", bearer, "", ""),
				requestBytes("GET /v1/customers/cus_123 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", bearer, "", ""),
			},
			outcome: erasure.Outcome{Kind: erasure.OutcomeSucceeded, Reason: "payment_history_kept", Status: 200, Verified: true},
		},
		"adyen": {
			paths: map[string]string{"checkout_url": "/v72", "data_protection_url": "/ca/services/DataProtectionService/v1"},
			responses: []string{noContent, noContent,
				responseBytes(200, `{"result":"SUCCESS"}`), responseBytes(200, `{"result":"ALREADY_PROCESSED"}`)},
			requests: []string{
				requestBytes("DELETE /v72/storedPaymentMethods/tok_1?shopperReference=cus_123&merchantAccount=my_merchant_account HTTP/1.1",
					"Host: HOST", "User-Agent: yuno-erasure", "X-API-Key: "+secret, "", ""),
				requestBytes("DELETE /v72/storedPaymentMethods/tok_2?shopperReference=cus_123&merchantAccount=my_merchant_account HTTP/1.1",
					"Host: HOST", "User-Agent: yuno-erasure", "X-API-Key: "+secret, "", ""),
				requestBytes("POST /ca/services/DataProtectionService/v1/requestSubjectErasure HTTP/1.1",
					"Host: HOST", "User-Agent: yuno-erasure", "Content-Length: 85", "Content-Type: application/json", "X-API-Key: "+secret, "",
					`{"merchantAccount":"my_merchant_account","pspReference":"pay_1","forceErasure":false}`),
				requestBytes("POST /ca/services/DataProtectionService/v1/requestSubjectErasure HTTP/1.1",
					"Host: HOST", "User-Agent: yuno-erasure", "Content-Length: 85", "Content-Type: application/json", "X-API-Key: "+secret, "",
					`{"merchantAccount":"my_merchant_account","pspReference":"pay_2","forceErasure":false}`),
			},
			outcome: erasure.Outcome{Kind: erasure.OutcomeSucceeded, Reason: "erasure_accepted", Status: 200},
		},
		"braintree": {
			responses: []string{responseBytes(200, "")},
			requests: []string{requestBytes(
				"DELETE /merchants/my_merchant_id/customers/cus_123 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure",
				"Accept: application/xml", basic("my_public_key:"+secret), "Content-Type: application/xml", "X-ApiVersion: 6", "", "")},
			outcome: erasure.Outcome{Kind: erasure.OutcomeSucceeded, Status: 200},
		},
		"checkout_com": {
			responses: []string{noContent, noContent, noContent},
			requests: []string{
				requestBytes("DELETE /instruments/tok_1 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", bearer, "", ""),
				requestBytes("DELETE /instruments/tok_2 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", bearer, "", ""),
				requestBytes("DELETE /customers/cus_123 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", bearer, "", ""),
			},
			outcome: erasure.Outcome{Kind: erasure.OutcomeSucceeded, Status: 204},
		},
		"checkout_com_previous": {
			responses: []string{noContent, noContent, noContent},
			requests: []string{
				requestBytes("DELETE /instruments/tok_1 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", "Authorization: "+secret, "", ""),
				requestBytes("DELETE /instruments/tok_2 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", "Authorization: "+secret, "", ""),
				requestBytes("DELETE /customers/cus_123 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", "Authorization: "+secret, "", ""),
			},
			outcome: erasure.Outcome{Kind: erasure.OutcomeSucceeded, Status: 204},
		},
		"mercado_pago": {
			responses: []string{
				responseBytes(200, `{"id":"tok_1"}`), responseBytes(404, `{"error":"not_found"}`),
				responseBytes(200, `{"id":"tok_2"}`), responseBytes(404, `{"error":"not_found"}`),
				responseBytes(200, `{"id":"cus_123"}`), responseBytes(404, `{"error":"not_found"}`),
			},
			requests: []string{
				requestBytes("DELETE /v1/customers/cus_123/cards/tok_1 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", bearer, "X-Idempotency-Key: "+uuid, "", ""),
				requestBytes("GET /v1/customers/cus_123/cards/tok_1 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", bearer, "", ""),
				requestBytes("DELETE /v1/customers/cus_123/cards/tok_2 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", bearer, "X-Idempotency-Key: "+uuid, "", ""),
				requestBytes("GET /v1/customers/cus_123/cards/tok_2 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", bearer, "", ""),
				requestBytes("DELETE /v1/customers/cus_123 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", bearer, "X-Idempotency-Key: "+uuid, "", ""),
				requestBytes("GET /v1/customers/cus_123 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", bearer, "", ""),
			},
			outcome: erasure.Outcome{Kind: erasure.OutcomeSucceeded, Status: 200, Verified: true},
		},
		"conekta": {
			responses: []string{responseBytes(200, `{"id":"cus_123"}`), responseBytes(404, `{"type":"resource_not_found_error"}`)},
			requests: []string{
				requestBytes("DELETE /customers/cus_123 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure",
					"Accept: application/vnd.conekta-v2.3.0+json", bearer, "", ""),
				requestBytes("GET /customers/cus_123 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure",
					"Accept: application/vnd.conekta-v2.3.0+json", bearer, "", ""),
			},
			outcome: erasure.Outcome{Kind: erasure.OutcomeSucceeded, Status: 200, Verified: true},
		},
		"openpay": {
			responses: []string{
				noContent, responseBytes(404, `{"error_code":1005}`), noContent, responseBytes(404, `{"error_code":1005}`),
				noContent, responseBytes(404, `{"error_code":1005}`),
			},
			requests: []string{
				requestBytes("DELETE /v1/my_merchant_id/customers/cus_123/cards/tok_1 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", basic(secret+":"), "Content-Type: application/json", "", ""),
				requestBytes("GET /v1/my_merchant_id/customers/cus_123/cards/tok_1 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", basic(secret+":"), "Content-Type: application/json", "", ""),
				requestBytes("DELETE /v1/my_merchant_id/customers/cus_123/cards/tok_2 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", basic(secret+":"), "Content-Type: application/json", "", ""),
				requestBytes("GET /v1/my_merchant_id/customers/cus_123/cards/tok_2 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", basic(secret+":"), "Content-Type: application/json", "", ""),
				requestBytes("DELETE /v1/my_merchant_id/customers/cus_123 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", basic(secret+":"), "Content-Type: application/json", "", ""),
				requestBytes("GET /v1/my_merchant_id/customers/cus_123 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", basic(secret+":"), "Content-Type: application/json", "", ""),
			},
			outcome: erasure.Outcome{Kind: erasure.OutcomeSucceeded, Status: 204, Verified: true},
		},
		"square": {
			responses: []string{
				json(`{"card":{"enabled":false}}`), json(`{"card":{"enabled":false}}`), json(`{"card":{"enabled":false}}`), json(`{"card":{"enabled":false}}`),
				json(`{}`),
			},
			requests: []string{
				requestBytes("POST /v2/cards/tok_1/disable HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", "Content-Length: 0", bearer, "Square-Version: 2025-08-20", "", ""),
				requestBytes("GET /v2/cards/tok_1 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", bearer, "Square-Version: 2025-08-20", "", ""),
				requestBytes("POST /v2/cards/tok_2/disable HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", "Content-Length: 0", bearer, "Square-Version: 2025-08-20", "", ""),
				requestBytes("GET /v2/cards/tok_2 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", bearer, "Square-Version: 2025-08-20", "", ""),
				requestBytes("DELETE /v2/customers/cus_123 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", bearer, "Square-Version: 2025-08-20", "", ""),
			},
			outcome: erasure.Outcome{Kind: erasure.OutcomeSucceeded, Status: 200, Verified: true},
		},
		"mollie": {
			responses: []string{noContent, responseBytes(404, `{"status":404,"title":"Not Found"}`)},
			requests: []string{
				requestBytes("DELETE /v2/customers/cus_123 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure",
					bearer, "idempotency-key: "+uuid, "", ""),
				requestBytes("GET /v2/customers/cus_123 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", bearer, "", ""),
			},
			outcome: erasure.Outcome{Kind: erasure.OutcomeSucceeded, Status: 204, Verified: true},
		},
		"paypal": {
			responses: []string{
				responseBytes(200, `{"access_token":"A21AA","token_type":"Bearer","expires_in":"32400"}`),
				noContent, responseBytes(404, `{"name":"RESOURCE_NOT_FOUND"}`), noContent, responseBytes(404, `{"name":"RESOURCE_NOT_FOUND"}`),
			},
			requests: []string{
				requestBytes("POST /v1/oauth2/token HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", "Content-Length: 29",
					basic("my_client_id:"+secret), "Content-Type: application/x-www-form-urlencoded", "",
					"grant_type=client_credentials"),
				requestBytes("DELETE /v3/vault/payment-tokens/tok_1 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", "Authorization: Bearer A21AA", "", ""),
				requestBytes("GET /v3/vault/payment-tokens/tok_1 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", "Authorization: Bearer A21AA", "", ""),
				requestBytes("DELETE /v3/vault/payment-tokens/tok_2 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", "Authorization: Bearer A21AA", "", ""),
				requestBytes("GET /v3/vault/payment-tokens/tok_2 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", "Authorization: Bearer A21AA", "", ""),
			},
			outcome: erasure.Outcome{Kind: erasure.OutcomeSucceeded, Reason: "tokens_only", Status: 204, Verified: true},
		},
		"razorpay": {
			responses: []string{responseBytes(200, `{"deleted":true}`), responseBytes(200, `{"deleted": true}`)},
			requests: []string{
				requestBytes("DELETE /v1/customers/cus_123/tokens/tok_1 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", basic("my_key_id:"+secret), "", ""),
				requestBytes("DELETE /v1/customers/cus_123/tokens/tok_2 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", basic("my_key_id:"+secret), "", ""),
			},
			outcome: erasure.Outcome{Kind: erasure.OutcomeSucceeded, Reason: "tokens_only", Status: 200},
		},
		"paddle": {
			responses: []string{responseBytes(200, `{"data":{"status":"archived"}}`)},
			requests: []string{requestBytes("PATCH /customers/cus_123 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure", "Content-Length: 21",
				bearer, "Content-Type: application/json", "Paddle-Version: 1", "", `{"status":"archived"}`)},
			outcome: erasure.Outcome{Kind: erasure.OutcomeActionRequired, Reason: "request_deletion_by_form", Status: 200},
		},
		"manual": {outcome: erasure.Outcome{Kind: erasure.OutcomeActionRequired, Reason: "ask_by_hand"}},
	}
	for _, entry := range Catalogue() {
		if entry.Name == "rapyd" {
			continue // TestRapydRequest
		}
		test, ok := tests[entry.Name]
		if !ok {
			t.Errorf("%s has no expectation", entry.Name)
			continue
		}
		t.Run(entry.Name, func(t *testing.T) {
			t.Parallel()
			w := listen(t, test.responses...)
			urls := map[string]string{"base_url": w.url()}
			for name, path := range test.paths {
				urls[name] = w.url() + path
			}
			outcome := connect(t, useEntry(entry.Name, urls, "")).Erase(t.Context(), erasure.Progress{References: someone})
			wantOutcome(t, outcome, test.outcome)
			got := w.got()
			if len(got) != len(test.requests) {
				t.Fatalf("%d requests, want %d", len(got), len(test.requests))
			}
			for i, want := range test.requests {
				if got := uuidPattern.ReplaceAllString(got[i], uuid); got != want {
					t.Errorf("request %d:\ngot  %q\nwant %q", i+1, got, want)
				}
			}
		})
	}
}

// Rapyd's signature, computed here from its documentation: base64 of the
// hexadecimal HMAC-SHA-256, by the secret key, of method in lower case, path,
// salt, timestamp, access key, secret key and body.
func TestRapydRequest(t *testing.T) {
	t.Parallel()
	w := listen(t, responseBytes(200, `{"status":{"status":"SUCCESS"}}`))
	before := time.Now().Unix()
	outcome := connect(t, useEntry("rapyd", map[string]string{"base_url": w.url()}, "")).Erase(t.Context(), erasure.Progress{References: someone})
	after := time.Now().Unix()
	wantOutcome(t, outcome, erasure.Outcome{Kind: erasure.OutcomeSucceeded, Status: 200})
	got := w.got()[0]

	find := func(pattern string) string {
		match := regexp.MustCompile(pattern).FindStringSubmatch(got)
		if match == nil {
			t.Fatalf("no %s in %q", pattern, got)
		}
		return match[1]
	}
	salt := find(`\r\nsalt: ([A-Z2-7]{16})\r\n`) // Rapyd recommends 8 to 16 characters
	timestamp := find(`\r\ntimestamp: ([0-9]{10})\r\n`)
	key := find(`\r\nidempotency: (` + uuidPattern.String() + `)\r\n`)
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || seconds < before || seconds > after {
		t.Errorf("timestamp %s, want one from %d to %d", timestamp, before, after)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("delete" + "/v1/customers/cus_123" + salt + timestamp + "my_access_key" + secret + ""))
	signature := base64.URLEncoding.EncodeToString([]byte(hex.EncodeToString(mac.Sum(nil))))

	want := requestBytes("DELETE /v1/customers/cus_123 HTTP/1.1", "Host: HOST", "User-Agent: yuno-erasure",
		"Content-Type: application/json", "access_key: my_access_key", "idempotency: "+key,
		"salt: "+salt, "signature: "+signature, "timestamp: "+timestamp, "", "")
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// The path that Mercado Pago's OpenAPI has, where its SDK has another.
func TestMercadoPagoSuffix(t *testing.T) {
	t.Parallel()
	w := listen(t, responseBytes(200, `{"id":"cus_123"}`), responseBytes(404, `{"error":"not_found"}`))
	config := strings.Replace(useEntry("mercado_pago", map[string]string{"base_url": w.url()}, ""),
		"parameters:\n", "parameters:\n      customer_suffix: /delete\n", 1)
	outcome := connect(t, config).Erase(t.Context(), erasure.Progress{References: erasure.References{Customer: "cus_123"}})
	wantOutcome(t, outcome, erasure.Outcome{Kind: erasure.OutcomeSucceeded, Status: 200, Verified: true})
	if got, want := w.got()[0], "DELETE /v1/customers/cus_123/delete HTTP/1.1\r\n"; !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The base URLs that the catalogue has by default, from the providers' own
// specifications and SDKs.
func TestCatalogueBaseURLs(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"stripe":       "https://api.stripe.com",
		"braintree":    "https://api.braintreegateway.com",
		"mercado_pago": "https://api.mercadopago.com",
		"conekta":      "https://api.conekta.io",
		"openpay":      "https://api.openpay.mx",
		"square":       "https://connect.squareup.com",
		"mollie":       "https://api.mollie.com",
		"rapyd":        "https://api.rapyd.net",
		"paypal":       "https://api-m.paypal.com",
		"razorpay":     "https://api.razorpay.com",
		"paddle":       "https://api.paddle.com",
		// Adyen's and Checkout.com's are each merchant's own.
		"adyen": "", "checkout_com": "", "checkout_com_previous": "", "manual": "",
	}
	for _, entry := range Catalogue() {
		got := ""
		for _, p := range entry.Parameters {
			if p.Kind == "url" {
				got += p.Default
			}
		}
		if expected, ok := want[entry.Name]; !ok || got != expected {
			t.Errorf("%s: got %q, want %q", entry.Name, got, expected)
		}
		if entry.Title == "" || entry.About == "" {
			t.Errorf("%s does not say what it is about", entry.Name)
		}
	}
	if len(want) != len(Catalogue()) {
		t.Errorf("%d entries, want %d", len(Catalogue()), len(want))
	}
}
