package provider

import (
	"net/http"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
)

// judged is a response to a call of a catalogue entry, and the outcome it must have,
// by the provider's specification and not by the description.
type judged struct {
	entry, call string
	status      int
	body        string
	kind        erasure.OutcomeKind
	reason      string
}

const (
	succeeded = erasure.OutcomeSucceeded
	gone      = erasure.OutcomeAlreadyGone
	act       = erasure.OutcomeActionRequired
	retry     = erasure.OutcomeRetry
)

var judgements = []judged{
	{"stripe", "delete_customer", 200, `{"id":"cus_1","object":"customer","deleted":true}`, succeeded, "payment_history_kept"},
	{"stripe", "delete_customer", 200, `{"id":"cus_1","object":"customer"}`, retry, "unexpected_answer"},
	{"stripe", "delete_customer", 200, `{"deleted":false}`, retry, "unexpected_answer"},
	{"stripe", "delete_customer", 200, `{"deleted":"true"}`, retry, "unexpected_answer"},
	{"stripe", "delete_customer", 200, `{"deleted":false,"deleted":true}`, retry, "unexpected_answer"},
	{"mollie", "delete_customer", 204, `{"status":500,"status":204}`, retry, "unexpected_answer"},
	{"stripe", "delete_customer", 404, `{"error":{"code":"resource_missing"}}`, gone, ""},
	{"stripe", "delete_customer", 404, `{"error":{"code":"other"}}`, act, "not_found_unconfirmed"},
	{"stripe", "delete_customer", 404, `<html>nginx</html>`, act, "not_found_unconfirmed"},
	{"stripe", "delete_customer", 400, `{"error":{}}`, retry, "unexpected_status"},

	{"adyen", "delete_stored_payment_method", 204, ``, succeeded, ""},
	{"adyen", "delete_stored_payment_method", 404, `{"errorCode":"905"}`, act, "not_found_unconfirmed"},
	{"adyen", "delete_stored_payment_method", 422, `{"errorCode":"803"}`, gone, ""},
	{"adyen", "delete_stored_payment_method", 422, `{"errorCode":"800"}`, gone, ""},
	{"adyen", "delete_stored_payment_method", 422, `{"errorCode":803}`, act, "request_refused"},
	{"adyen", "delete_stored_payment_method", 422, `{"errorCode":"901"}`, act, "request_refused"},
	{"adyen", "delete_stored_payment_method", 422, ``, retry, "unexpected_status"},
	{"adyen", "delete_stored_payment_method", 403, `{"errorCode":"901"}`, act, "key_refused"},
	{"adyen", "delete_stored_payment_method", 403, `{"errorCode":"010"}`, act, "key_refused"},
	{"adyen", "request_subject_erasure", 200, `{"result":"SUCCESS"}`, succeeded, "erasure_accepted"},
	{"adyen", "request_subject_erasure", 200, `{"result":"ALREADY_PROCESSED"}`, gone, ""},
	{"adyen", "request_subject_erasure", 200, `{"result":"PAYMENT_NOT_FOUND"}`, gone, ""},
	{"adyen", "request_subject_erasure", 200, `{"result":"ACTIVE_RECURRING_TOKEN_EXISTS"}`, act, "active_recurring_token"},
	{"adyen", "request_subject_erasure", 200, `{"result":"SOMETHING_NEW"}`, retry, "unexpected_answer"},
	{"adyen", "request_subject_erasure", 200, `{}`, retry, "unexpected_answer"},
	{"adyen", "request_subject_erasure", 400, `{"errorCode":"702"}`, act, "request_refused"},
	{"adyen", "request_subject_erasure", 422, `{"errorCode":"901"}`, act, "request_refused"},

	{"braintree", "delete_customer", 200, ``, succeeded, ""},
	{"braintree", "delete_customer", 204, ``, succeeded, ""},
	{"braintree", "delete_customer", 404, ``, act, "not_found_unconfirmed"},
	{"braintree", "delete_customer", 406, ``, act, "client_refused"},
	{"braintree", "delete_customer", 426, ``, act, "client_refused"},
	{"braintree", "delete_customer", 302, ``, retry, "unexpected_status"},

	{"checkout_com", "delete_instrument", 204, ``, succeeded, ""},
	{"checkout_com", "delete_instrument", 404, ``, act, "not_found_unconfirmed"},
	{"checkout_com", "delete_instrument", 200, `{}`, retry, "unexpected_answer"},
	{"checkout_com", "delete_customer", 204, ``, succeeded, ""},
	{"checkout_com", "delete_customer", 404, ``, act, "not_found_unconfirmed"},
	{"checkout_com", "delete_customer", 200, `{}`, retry, "unexpected_answer"},
	{"checkout_com_previous", "delete_instrument", 204, ``, succeeded, ""},
	{"checkout_com_previous", "delete_customer", 204, ``, succeeded, ""},
	{"checkout_com_previous", "delete_customer", 404, ``, act, "not_found_unconfirmed"},

	{"mercado_pago", "delete_card", 200, `{"id":"1"}`, succeeded, ""},
	{"mercado_pago", "delete_card", 200, `{}`, retry, "unexpected_answer"},
	{"mercado_pago", "delete_card", 404, `{"error":"not_found"}`, gone, ""},
	{"mercado_pago", "delete_card", 404, `{"error":"resource not found"}`, act, "not_found_unconfirmed"},
	{"mercado_pago", "delete_card", 404, `{}`, act, "not_found_unconfirmed"},
	{"mercado_pago", "delete_card", 400, `{"error":"bad_request"}`, act, "request_refused"},
	{"mercado_pago", "delete_customer", 200, `{"id":"1"}`, succeeded, ""},
	{"mercado_pago", "delete_customer", 404, `{"error":"not_found"}`, gone, ""},
	{"mercado_pago", "delete_customer", 404, `{}`, act, "not_found_unconfirmed"},
	{"mercado_pago", "delete_customer", 400, `{}`, retry, "unexpected_status"},

	{"conekta", "delete_customer", 200, `{"id":"1"}`, succeeded, ""},
	{"conekta", "delete_customer", 200, `{}`, retry, "unexpected_answer"},
	{"conekta", "delete_customer", 404, `{"type":"resource_not_found_error"}`, gone, ""},
	{"conekta", "delete_customer", 404, `{}`, act, "not_found_unconfirmed"},
	{"conekta", "delete_customer", 422, `{}`, act, "request_refused"},

	{"openpay", "delete_card", 204, ``, succeeded, ""},
	{"openpay", "delete_card", 404, `{"error_code":1005}`, gone, ""},
	{"openpay", "delete_card", 404, `{"error_code":1}`, act, "not_found_unconfirmed"},
	{"openpay", "delete_card", 404, `{"message":"no route"}`, act, "not_found_unconfirmed"},
	{"openpay", "delete_card", 423, `{"error_code":1008}`, act, "account_locked"},
	{"openpay", "delete_card", 400, `{"error_code":2}`, act, "request_refused"},
	{"openpay", "delete_customer", 204, ``, succeeded, ""},
	{"openpay", "delete_customer", 404, `{"error_code":1005}`, gone, ""},
	{"openpay", "delete_customer", 404, `{"error_code":"1005"}`, act, "not_found_unconfirmed"},
	{"openpay", "delete_customer", 404, `{"error_code":null}`, act, "not_found_unconfirmed"},
	{"openpay", "delete_customer", 422, `{"error_code":1003}`, act, "request_refused"},
	{"openpay", "delete_customer", 423, `{"error_code":1008}`, act, "account_locked"},
	{"openpay", "delete_customer", 400, `not JSON`, retry, "unexpected_status"},

	{"square", "disable_card", 200, `{"card":{}}`, succeeded, ""},
	{"square", "disable_card", 404, `{"errors":[{"code":"NOT_FOUND"}]}`, gone, ""},
	{"square", "disable_card", 404, `{"errors":[]}`, act, "not_found_unconfirmed"},
	{"square", "delete_customer", 200, `{}`, succeeded, ""},
	{"square", "delete_customer", 404, `{"errors":[]}`, act, "not_found_unconfirmed"},

	{"mollie", "delete_customer", 204, ``, succeeded, ""},
	{"mollie", "delete_customer", 404, `{"status":404,"title":"Not Found"}`, gone, ""},
	{"mollie", "delete_customer", 404, `{"title":"Not Found"}`, act, "not_found_unconfirmed"},
	{"mollie", "delete_customer", 404, `{}`, act, "not_found_unconfirmed"},
	{"mollie", "delete_customer", 410, `{}`, act, "not_found_unconfirmed"},

	{"rapyd", "delete_customer", 200, `{"status":{"status":"SUCCESS"}}`, succeeded, ""},
	{"rapyd", "delete_customer", 200, `{"status":{"status":"ERROR"}}`, retry, "unexpected_answer"},
	{"rapyd", "delete_customer", 400, `{"status":{"error_code":"X"}}`, act, "request_refused"},

	{"paypal", "delete_payment_token", 204, ``, succeeded, "tokens_only"},
	{"paypal", "delete_payment_token", 400, `{}`, act, "request_refused"},
	{"paypal", "delete_payment_token", 404, `{}`, act, "not_found_unconfirmed"},

	{"razorpay", "delete_token", 200, `{"deleted":true}`, succeeded, "tokens_only"},
	{"razorpay", "delete_token", 200, `{"deleted":false}`, retry, "unexpected_answer"},

	{"paddle", "archive_customer", 200, `{"data":{"status":"archived"}}`, succeeded, ""},
	{"paddle", "archive_customer", 200, `{"data":{"status":"active"}}`, retry, "unexpected_answer"},
	{"paddle", "archive_customer", 404, `{"error":{"code":"not_found"}}`, gone, ""},
	{"paddle", "archive_customer", 404, `{}`, act, "not_found_unconfirmed"},
}

func TestCatalogueAnswers(t *testing.T) {
	t.Parallel()
	type place struct {
		entry, call string
		rule        int
	}
	tried := map[place]bool{}
	for _, j := range judgements {
		c := callOf(t, j.entry, j.call)
		a := &response{status: j.status, body: []byte(j.body), header: http.Header{"Content-Type": {"application/json"}}}
		outcome := a.judge(nil, c.rules)
		if outcome.Kind != j.kind || outcome.Reason != j.reason || outcome.Status != j.status {
			t.Errorf("%s, %s: %d %s: got %s %q, want %s %q", j.entry, j.call, j.status, j.body, outcome.Kind, outcome.Reason, j.kind, j.reason)
		}
		for i, r := range c.rules {
			if r.matches(a) {
				tried[place{j.entry, j.call, i}] = true
				break
			}
		}
	}
	for _, d := range catalogue() {
		for _, c := range d.calls {
			for i := range c.rules {
				if !tried[place{d.name, c.name, i}] {
					t.Errorf("%s, %s: no response is decided by answers[%d]", d.name, c.name, i)
				}
			}
		}
	}
}

// The rules for every provider apply to every call of the catalogue.
func TestEveryCallAnswers(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		status     int
		retryAfter string
		want       erasure.Outcome
	}{
		"Unauthorized":     {401, "", erasure.Outcome{Kind: act, Reason: "key_refused", Status: 401}},
		"Forbidden":        {403, "", erasure.Outcome{Kind: act, Reason: "key_refused", Status: 403}},
		"RateLimited":      {429, "", erasure.Outcome{Kind: retry, Reason: "rate_limited", Status: 429}},
		"RateLimitedUntil": {429, "Sun, 01 Mar 2026 12:00:30 GMT", erasure.Outcome{Kind: retry, Reason: "rate_limited", Status: 429, After: 30 * time.Second}},
		"RateLimitedFor":   {429, "7", erasure.Outcome{Kind: retry, Reason: "rate_limited", Status: 429, After: 7 * time.Second}},
		"Timeout":          {408, "", erasure.Outcome{Kind: retry, Reason: "http_408", Status: 408}},
		"TooEarly":         {425, "", erasure.Outcome{Kind: retry, Reason: "http_425", Status: 425}},
		"InternalError":    {500, "", erasure.Outcome{Kind: retry, Reason: "http_500", Status: 500}},
		"BadGateway":       {502, "", erasure.Outcome{Kind: retry, Reason: "http_502", Status: 502}},
		"Unavailable":      {503, "120", erasure.Outcome{Kind: retry, Reason: "http_503", Status: 503, After: 2 * time.Minute}},
		"GatewayTimeout":   {504, "", erasure.Outcome{Kind: retry, Reason: "http_504", Status: 504}},
		"Redirect":         {302, "", erasure.Outcome{Kind: retry, Reason: "unexpected_status", Status: 302}},
		"Teapot":           {418, "", erasure.Outcome{Kind: retry, Reason: "unexpected_status", Status: 418}},
		"Conflict":         {409, "", erasure.Outcome{Kind: retry, Reason: "unexpected_status", Status: 409}},
		"Accepted":         {202, "", erasure.Outcome{Kind: retry, Reason: "unexpected_answer", Status: 202}},
	}
	for _, d := range catalogue() {
		for _, c := range d.calls {
			for name, test := range tests {
				t.Run(d.name+"/"+c.name+"/"+name, func(t *testing.T) {
					a := &response{status: test.status, header: http.Header{}, now: now}
					if test.retryAfter != "" {
						a.header.Set("Retry-After", test.retryAfter)
					}
					wantOutcome(t, a.judge(nil, c.rules), test.want)
				})
			}
		}
	}
}

func callOf(t *testing.T, entry, name string) call {
	t.Helper()
	d, ok := fromCatalogue(entry)
	if !ok {
		t.Fatalf("no entry %s", entry)
	}
	for _, c := range d.calls {
		if c.name == name {
			return c
		}
	}
	t.Fatalf("%s has no call %s", entry, name)
	return call{}
}
