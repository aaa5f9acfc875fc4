package providersim

import "net/http"

// A Shape is what a client sees of a provider: its paths and its responses.
type Shape struct {
	// Name is the name of the catalogue entry.
	Name string
	// BaseURLs maps the entry's parameters for base URLs to the path that is
	// appended to the simulator's URL.
	BaseURLs map[string]string
	// Proof is the header that authenticates a request. Without it the response is 401.
	Proof string
	// TokenPath is the path that issues access tokens. It is empty if there is none.
	TokenPath string
	// Checks are the reads that show what the credentials reach.
	Checks []Read
	Calls  []Call
}

// A Call is one way of asking for a deletion.
type Call struct {
	// Pattern is an http.ServeMux pattern with {reference} in the place of the
	// reference.
	Pattern string
	// Field is the field of the JSON body that contains the reference, if the path
	// does not.
	Field string
	// Deleted is the response to a deletion, Gone the response for a reference that
	// does not exist.
	Deleted, Gone Response
	// Wrong is an error response with status 200.
	Wrong Response
	// Repeatable means that deleting again returns Again or, without a status, Deleted.
	// A reference that never existed is Gone.
	Repeatable bool
	Again      Response
	// Verify reads the reference afterwards; nil if the entry has no such read.
	Verify *Read
}

// A Response has no body, an XML body if it begins with <, or else a JSON body.
type Response struct {
	Status int
	Body   string
}

// Responses that several providers share.
var (
	noContent = Response{http.StatusNoContent, ""}
	notFound  = Response{http.StatusNotFound, `{}`}
	notOK     = Response{http.StatusOK, `{"status":"ERROR","error":"simulated"}`}
	refused   = Response{http.StatusUnauthorized, `{"error":"simulated"}`}
)

func ok(body string) Response { return Response{http.StatusOK, body} }

func oneURL() map[string]string { return map[string]string{"base_url": ""} }

// Shapes returns the shapes of all catalogue entries except manual, which sends
// nothing. The files of the catalogue name the sources. Undocumented and made up
// here: the not-found responses of Braintree, Checkout.com, PayPal, Razorpay and
// Square (customers), the error code of Rapyd, and what a read says of credentials for
// the other mode or another account where the provider does not document it.
func Shapes() []Shape {
	return []Shape{
		adyen(), braintree(), checkoutCom("checkout_com"), checkoutCom("checkout_com_previous"), conekta(), mercadoPago(), mollie(),
		openpay(), paddle(), paypal(), rapyd(), razorpay(), square(), stripe(),
	}
}

func adyen() Shape {
	const invalidAccount = `{"status":403,"errorCode":"901","message":"Invalid Merchant Account","errorType":"security"}`
	return Shape{
		Name: "adyen", Proof: "X-API-Key",
		BaseURLs: map[string]string{
			"checkout_url":        "/v72",
			"data_protection_url": "/ca/services/DataProtectionService/v1",
		},
		Checks: []Read{{
			Pattern: "POST /v72/paymentMethods", Found: ok(`{"paymentMethods":[{"type":"scheme"}]}`),
			OtherMode: refused, OtherAccount: Response{http.StatusForbidden, invalidAccount},
		}},
		Calls: []Call{
			{
				Pattern: "DELETE /v72/storedPaymentMethods/{reference}", Deleted: noContent, Wrong: notOK,
				Gone: Response{http.StatusUnprocessableEntity, `{"status":422,"errorCode":"803","message":"PaymentDetail not found","errorType":"validation"}`},
			},
			{
				Pattern: "POST /ca/services/DataProtectionService/v1/requestSubjectErasure", Field: "pspReference", Repeatable: true,
				Deleted: ok(`{"result":"SUCCESS"}`), Again: ok(`{"result":"ALREADY_PROCESSED"}`),
				Gone: ok(`{"result":"PAYMENT_NOT_FOUND"}`), Wrong: ok(`{"result":"ACTIVE_RECURRING_TOKEN_EXISTS"}`),
			},
		},
	}
}

func braintree() Shape {
	return Shape{
		Name: "braintree", Proof: "Authorization", BaseURLs: oneURL(),
		Checks: []Read{{
			Pattern:   "GET /merchants/{merchant}/merchant_accounts/",
			Found:     ok("<merchant-accounts><current-page-number>1</current-page-number><page-size>50</page-size><total-items>1</total-items></merchant-accounts>"),
			OtherMode: refused, OtherAccount: refused,
		}},
		Calls: []Call{{
			Pattern: "DELETE /merchants/{merchant}/customers/{reference}",
			Deleted: ok(""), Gone: Response{http.StatusNotFound, ""}, Wrong: Response{http.StatusNotAcceptable, ""},
		}},
	}
}

func checkoutCom(name string) Shape {
	s := Shape{
		Name: name, Proof: "Authorization", BaseURLs: oneURL(),
		Calls: []Call{
			{Pattern: "DELETE /instruments/{reference}", Deleted: noContent, Gone: Response{http.StatusNotFound, ""}, Wrong: notOK},
			{Pattern: "DELETE /customers/{reference}", Deleted: noContent, Gone: Response{http.StatusNotFound, ""}, Wrong: notOK},
		},
	}
	if name == "checkout_com" {
		s.Checks = []Read{{Pattern: "GET /workflows", Found: ok(`{"data":[]}`), OtherMode: refused, OtherAccount: refused}}
	}
	return s
}

func conekta() Shape {
	gone := Response{http.StatusNotFound, `{"object":"error","type":"resource_not_found_error","details":[]}`}
	return Shape{
		Name: "conekta", Proof: "Authorization", BaseURLs: oneURL(),
		Checks: []Read{
			{Pattern: "GET /customers", Found: ok(`{"object":"list","data":[{"livemode":true}]}`), OtherMode: ok(`{"object":"list","data":[{"livemode":false}]}`)},
			{Pattern: "GET /companies/current", Found: ok(`{"id":"account_simulated"}`), OtherAccount: ok(`{"id":"account_other"}`)},
		},
		Calls: []Call{{
			Pattern: "DELETE /customers/{reference}", Deleted: ok(`{"id":"cus_simulated","livemode":true}`), Gone: gone, Wrong: notOK,
			Verify: &Read{Pattern: "GET /customers/{reference}", Found: ok(`{"id":"cus_simulated","livemode":true}`), Gone: gone},
		}},
	}
}

func mercadoPago() Shape {
	call := func(pattern, read string) Call {
		gone := Response{http.StatusNotFound, `{"message":"simulated","error":"not_found","status":404,"cause":[]}`}
		c := Call{Pattern: pattern, Deleted: ok(`{"id":"simulated"}`), Gone: gone, Wrong: notOK}
		if read != "" {
			c.Verify = &Read{Pattern: read, Found: ok(`{"id":"simulated"}`), Gone: gone}
		}
		return c
	}
	return Shape{
		Name: "mercado_pago", Proof: "Authorization", BaseURLs: oneURL(),
		Calls: []Call{
			call("DELETE /v1/customers/{customer}/cards/{reference}", "GET /v1/customers/{customer}/cards/{reference}"),
			call("DELETE /v1/customers/{reference}", "GET /v1/customers/{reference}"),
			call("DELETE /v1/customers/{reference}/delete", ""),
		},
	}
}

func mollie() Shape {
	gone := Response{http.StatusNotFound, `{"status":404,"title":"Not Found","detail":"No customer exists with token simulated."}`}
	return Shape{
		Name: "mollie", Proof: "Authorization", BaseURLs: oneURL(),
		Checks: []Read{{
			Pattern: "GET /v2/profiles/me", Found: ok(`{"resource":"profile","id":"account_simulated","mode":"live"}`),
			OtherMode:    ok(`{"resource":"profile","id":"account_simulated","mode":"test"}`),
			OtherAccount: ok(`{"resource":"profile","id":"account_other","mode":"live"}`),
		}},
		Calls: []Call{{
			Pattern: "DELETE /v2/customers/{reference}", Deleted: noContent, Gone: gone, Wrong: notOK,
			Verify: &Read{Pattern: "GET /v2/customers/{reference}", Found: ok(`{"resource":"customer","mode":"live"}`), Gone: gone},
		}},
	}
}

func openpay() Shape {
	call := func(path string) Call {
		gone := Response{http.StatusNotFound, `{"category":"request","error_code":1005,"http_code":404}`}
		return Call{
			Pattern: "DELETE " + path, Deleted: noContent, Wrong: notOK, Gone: gone,
			Verify: &Read{Pattern: "GET " + path, Found: ok(`{"id":"simulated"}`), Gone: gone},
		}
	}
	return Shape{
		Name: "openpay", Proof: "Authorization", BaseURLs: oneURL(),
		Checks: []Read{{Pattern: "GET /v1/{merchant}/customers", Found: ok(`[{"id":"simulated"}]`), OtherMode: refused, OtherAccount: refused}},
		Calls: []Call{
			call("/v1/{merchant}/customers/{customer}/cards/{reference}"),
			call("/v1/{merchant}/customers/{reference}"),
		},
	}
}

func paddle() Shape {
	root := func(environment string) Response {
		return ok(`{"data":{"api":{"environment":"` + environment + `"},"caller":{"account":{"id":"account_simulated"}}}}`)
	}
	return Shape{
		Name: "paddle", Proof: "Authorization", BaseURLs: oneURL(),
		Checks: []Read{{Pattern: "GET /{$}", Found: root("production"), OtherMode: root("sandbox")}},
		Calls: []Call{{
			Pattern: "PATCH /customers/{reference}", Repeatable: true, Deleted: ok(`{"data":{"status":"archived"}}`), Wrong: notOK,
			Gone: Response{http.StatusNotFound, `{"error":{"type":"request_error","code":"not_found"}}`},
		}},
	}
}

func paypal() Shape {
	return Shape{
		Name: "paypal", Proof: "Authorization", BaseURLs: oneURL(), TokenPath: "/v1/oauth2/token",
		Checks: []Read{{Pattern: "GET /v1/notifications/webhooks-event-types", Found: ok(`{"event_types":[]}`), OtherMode: refused, OtherAccount: refused}},
		Calls: []Call{{
			Pattern: "DELETE /v3/vault/payment-tokens/{reference}", Deleted: noContent, Gone: notFound, Wrong: notOK,
			Verify: &Read{
				Pattern: "GET /v3/vault/payment-tokens/{reference}", Found: ok(`{"id":"simulated"}`),
				Gone: Response{http.StatusNotFound, `{"name":"RESOURCE_NOT_FOUND"}`},
			},
		}},
	}
}

func rapyd() Shape {
	return Shape{
		Name: "rapyd", Proof: "signature", BaseURLs: oneURL(),
		Checks: []Read{{Pattern: "GET /v1/customers", Found: ok(`{"status":{"status":"SUCCESS"},"data":[]}`), OtherMode: refused, OtherAccount: refused}},
		Calls: []Call{{
			Pattern: "DELETE /v1/customers/{reference}", Deleted: ok(`{"status":{"status":"SUCCESS"}}`), Wrong: notOK,
			Gone: Response{http.StatusBadRequest, `{"status":{"status":"ERROR","error_code":"SIMULATED_NOT_FOUND"}}`},
		}},
	}
}

func razorpay() Shape {
	return Shape{
		Name: "razorpay", Proof: "Authorization", BaseURLs: oneURL(),
		Checks: []Read{{Pattern: "GET /v1/customers", Found: ok(`{"entity":"collection","count":0,"items":[]}`), OtherMode: refused, OtherAccount: refused}},
		Calls: []Call{{
			Pattern: "DELETE /v1/customers/{customer}/tokens/{reference}",
			Deleted: ok(`{"deleted":true}`), Gone: notFound, Wrong: ok(`{"deleted":false}`),
		}},
	}
}

func square() Shape {
	gone := Response{http.StatusNotFound, `{"errors":[{"category":"INVALID_REQUEST_ERROR","code":"NOT_FOUND"}]}`}
	return Shape{
		Name: "square", Proof: "Authorization", BaseURLs: oneURL(),
		Checks: []Read{{
			Pattern: "GET /v2/merchants/{merchant}", Found: ok(`{"merchant":{"id":"account_simulated"}}`),
			OtherMode: refused, OtherAccount: ok(`{"merchant":{"id":"account_other"}}`),
		}},
		Calls: []Call{
			{
				Pattern: "POST /v2/cards/{reference}/disable", Repeatable: true, Deleted: ok(`{"card":{"enabled":false}}`), Gone: gone, Wrong: notOK,
				Verify: &Read{Pattern: "GET /v2/cards/{reference}", Found: ok(`{"card":{"enabled":true}}`), Gone: ok(`{"card":{"enabled":false}}`)},
			},
			{Pattern: "DELETE /v2/customers/{reference}", Deleted: ok(`{}`), Gone: notFound, Wrong: notOK},
		},
	}
}

func stripe() Shape {
	return Shape{
		Name: "stripe", Proof: "Authorization", BaseURLs: oneURL(),
		Checks: []Read{
			{Pattern: "GET /v1/balance", Found: ok(`{"object":"balance","livemode":true}`), OtherMode: ok(`{"object":"balance","livemode":false}`)},
			{Pattern: "GET /v1/account", Found: ok(`{"object":"account","id":"account_simulated"}`), OtherAccount: ok(`{"object":"account","id":"account_other"}`)},
		},
		Calls: []Call{{
			Pattern: "DELETE /v1/customers/{reference}",
			Deleted: ok(`{"id":"cus_simulated","object":"customer","deleted":true}`),
			Gone:    Response{http.StatusNotFound, `{"error":{"code":"resource_missing","type":"invalid_request_error"}}`},
			Wrong:   ok(`{"error":{"type":"api_error"}}`),
			Verify: &Read{
				Pattern: "GET /v1/customers/{reference}", Found: ok(`{"id":"cus_simulated","object":"customer","livemode":true}`),
				Gone: ok(`{"id":"cus_simulated","object":"customer","deleted":true}`),
			},
		}},
	}
}

// ShapeOf returns the shape of a catalogue entry.
func ShapeOf(name string) (Shape, bool) {
	for _, shape := range Shapes() {
		if shape.Name == name {
			return shape, true
		}
	}
	return Shape{}, false
}
