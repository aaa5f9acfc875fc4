package providersim

import "net/http"

// A Shape is how a provider looks from outside: its paths and its answers.
type Shape struct {
	// Name is that of the entry in the catalogue.
	Name string
	// BaseURLs are the parameters of the entry that hold a base URL, with the path
	// that follows the simulator's own URL.
	BaseURLs map[string]string
	// Proof is the header without which a request is answered 401.
	Proof string
	// TokenPath is where access tokens come from; empty for none.
	TokenPath string
	Calls     []Call
}

// A Call is one way of asking for a deletion.
type Call struct {
	// Pattern is of http.ServeMux, with {reference} where the reference stands.
	Pattern string
	// Field is the field of a JSON body that holds the reference, where the path
	// does not.
	Field string
	// Deleted is the answer to a deletion and Gone to one of what is not there.
	Deleted, Gone Answer
	// Wrong is an error with status 200.
	Wrong Answer
	// Repeatable answers Deleted again to what is gone.
	Repeatable bool
}

// An Answer has a JSON body, an XML one where it begins with <, or none.
type Answer struct {
	Status int
	Body   string
}

// The answers that several providers share.
var (
	noContent = Answer{http.StatusNoContent, ""}
	notFound  = Answer{http.StatusNotFound, `{}`}
	notOK     = Answer{http.StatusOK, `{"status":"ERROR","error":"simulated"}`}
)

func oneURL(path string) map[string]string { return map[string]string{"base_url": path} }

// Shapes are those of the whole catalogue but manual, which sends nothing.
// Sources are in the catalogue's files. Made up, because nobody knows: how
// Adyen (stored payment methods), PayPal, Paddle, Razorpay and Square answer for
// what is gone, and the error codes of Openpay and Rapyd.
func Shapes() []Shape {
	return []Shape{
		{
			Name: "adyen", Proof: "X-API-Key",
			BaseURLs: map[string]string{
				"checkout_url":        "/v72",
				"data_protection_url": "/ca/services/DataProtectionService/v1",
			},
			Calls: []Call{
				{Pattern: "DELETE /v72/storedPaymentMethods/{reference}", Deleted: noContent, Gone: notFound, Wrong: notOK},
				{
					Pattern: "POST /ca/services/DataProtectionService/v1/requestSubjectErasure", Field: "pspReference",
					Deleted: Answer{http.StatusOK, `{"result":"SUCCESS"}`},
					Gone:    Answer{http.StatusOK, `{"result":"ALREADY_PROCESSED"}`},
					Wrong:   Answer{http.StatusOK, `{"result":"ACTIVE_RECURRING_TOKEN_EXISTS"}`},
				},
			},
		},
		{
			Name: "braintree", Proof: "Authorization", BaseURLs: oneURL(""),
			Calls: []Call{{
				Pattern: "DELETE /merchants/{merchant}/customers/{reference}",
				Deleted: Answer{http.StatusOK, ""}, Gone: Answer{http.StatusNotFound, ""}, Wrong: Answer{http.StatusOK, "<error/>"},
			}},
		},
		{
			Name: "checkout_com", Proof: "Authorization", BaseURLs: oneURL(""),
			Calls: []Call{
				{Pattern: "DELETE /instruments/{reference}", Deleted: noContent, Gone: notFound, Wrong: notOK},
				{Pattern: "DELETE /customers/{reference}", Deleted: noContent, Gone: notFound, Wrong: notOK},
			},
		},
		{
			Name: "conekta", Proof: "Authorization", BaseURLs: oneURL(""),
			Calls: []Call{{Pattern: "DELETE /customers/{reference}", Deleted: Answer{http.StatusOK, `{}`}, Gone: notFound, Wrong: notOK}},
		},
		{
			Name: "mercado_pago", Proof: "Authorization", BaseURLs: oneURL(""),
			Calls: []Call{
				{Pattern: "DELETE /v1/customers/{customer}/cards/{reference}", Deleted: Answer{http.StatusOK, `{}`}, Gone: notFound, Wrong: notOK},
				{Pattern: "DELETE /v1/customers/{reference}", Deleted: Answer{http.StatusOK, `{}`}, Gone: notFound, Wrong: notOK},
				{Pattern: "DELETE /v1/customers/{reference}/delete", Deleted: Answer{http.StatusOK, `{}`}, Gone: notFound, Wrong: notOK},
			},
		},
		{
			Name: "mollie", Proof: "Authorization", BaseURLs: oneURL(""),
			Calls: []Call{{Pattern: "DELETE /v2/customers/{reference}", Deleted: noContent, Gone: notFound, Wrong: notOK}},
		},
		{
			Name: "openpay", Proof: "Authorization", BaseURLs: oneURL(""),
			Calls: []Call{
				openpay("DELETE /v1/{merchant}/customers/{customer}/cards/{reference}"),
				openpay("DELETE /v1/{merchant}/customers/{reference}"),
			},
		},
		{
			Name: "paddle", Proof: "Authorization", BaseURLs: oneURL(""),
			Calls: []Call{{
				Pattern: "PATCH /customers/{reference}", Repeatable: true,
				Deleted: Answer{http.StatusOK, `{"data":{"status":"archived"}}`}, Gone: notFound, Wrong: notOK,
			}},
		},
		{
			Name: "paypal", Proof: "Authorization", BaseURLs: oneURL(""), TokenPath: "/v1/oauth2/token",
			Calls: []Call{{Pattern: "DELETE /v3/vault/payment-tokens/{reference}", Deleted: noContent, Gone: notFound, Wrong: notOK}},
		},
		{
			Name: "rapyd", Proof: "signature", BaseURLs: oneURL(""),
			Calls: []Call{{
				Pattern: "DELETE /v1/customers/{reference}",
				Deleted: Answer{http.StatusOK, `{"status":{"status":"SUCCESS"}}`},
				Gone:    Answer{http.StatusBadRequest, `{"status":{"status":"ERROR","error_code":"SIMULATED_NOT_FOUND"}}`},
				Wrong:   notOK,
			}},
		},
		{
			Name: "razorpay", Proof: "Authorization", BaseURLs: oneURL(""),
			Calls: []Call{{
				Pattern: "DELETE /v1/customers/{customer}/tokens/{reference}",
				Deleted: Answer{http.StatusOK, `{"deleted":true}`}, Gone: notFound, Wrong: Answer{http.StatusOK, `{"deleted":false}`},
			}},
		},
		{
			Name: "square", Proof: "Authorization", BaseURLs: oneURL(""),
			Calls: []Call{
				{Pattern: "POST /v2/cards/{reference}/disable", Repeatable: true, Deleted: Answer{http.StatusOK, `{}`}, Gone: notFound, Wrong: notOK},
				{Pattern: "DELETE /v2/customers/{reference}", Deleted: Answer{http.StatusOK, `{}`}, Gone: notFound, Wrong: notOK},
			},
		},
		{
			Name: "stripe", Proof: "Authorization", BaseURLs: oneURL(""),
			Calls: []Call{{
				Pattern: "DELETE /v1/customers/{reference}",
				Deleted: Answer{http.StatusOK, `{"id":"cus_simulated","object":"customer","deleted":true}`},
				Gone:    Answer{http.StatusNotFound, `{"error":{"code":"resource_missing","type":"invalid_request_error"}}`},
				Wrong:   Answer{http.StatusOK, `{"error":{"type":"api_error"}}`},
			}},
		},
	}
}

func openpay(pattern string) Call {
	return Call{
		Pattern: pattern, Deleted: noContent, Wrong: notOK,
		Gone: Answer{http.StatusNotFound, `{"category":"request","error_code":1005,"http_code":404}`},
	}
}

// ShapeOf is the shape of a catalogue entry.
func ShapeOf(name string) (Shape, bool) {
	for _, shape := range Shapes() {
		if shape.Name == name {
			return shape, true
		}
	}
	return Shape{}, false
}
