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
	Calls     []Call
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
	// Repeatable means that deleting again returns Deleted rather than Gone.
	Repeatable bool
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
)

func oneURL(path string) map[string]string { return map[string]string{"base_url": path} }

// Shapes returns the shapes of all catalogue entries except manual, which sends
// nothing. The files of the catalogue name the sources. Undocumented and made up
// here: the not-found responses of Adyen (stored payment methods), PayPal,
// Paddle, Razorpay and Square, and the error codes of Openpay and Rapyd.
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
					Deleted: Response{http.StatusOK, `{"result":"SUCCESS"}`},
					Gone:    Response{http.StatusOK, `{"result":"ALREADY_PROCESSED"}`},
					Wrong:   Response{http.StatusOK, `{"result":"ACTIVE_RECURRING_TOKEN_EXISTS"}`},
				},
			},
		},
		{
			Name: "braintree", Proof: "Authorization", BaseURLs: oneURL(""),
			Calls: []Call{{
				Pattern: "DELETE /merchants/{merchant}/customers/{reference}",
				Deleted: Response{http.StatusOK, ""}, Gone: Response{http.StatusNotFound, ""}, Wrong: Response{http.StatusOK, "<error/>"},
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
			Calls: []Call{{Pattern: "DELETE /customers/{reference}", Deleted: Response{http.StatusOK, `{}`}, Gone: notFound, Wrong: notOK}},
		},
		{
			Name: "mercado_pago", Proof: "Authorization", BaseURLs: oneURL(""),
			Calls: []Call{
				{Pattern: "DELETE /v1/customers/{customer}/cards/{reference}", Deleted: Response{http.StatusOK, `{}`}, Gone: notFound, Wrong: notOK},
				{Pattern: "DELETE /v1/customers/{reference}", Deleted: Response{http.StatusOK, `{}`}, Gone: notFound, Wrong: notOK},
				{Pattern: "DELETE /v1/customers/{reference}/delete", Deleted: Response{http.StatusOK, `{}`}, Gone: notFound, Wrong: notOK},
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
				Deleted: Response{http.StatusOK, `{"data":{"status":"archived"}}`}, Gone: notFound, Wrong: notOK,
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
				Deleted: Response{http.StatusOK, `{"status":{"status":"SUCCESS"}}`},
				Gone:    Response{http.StatusBadRequest, `{"status":{"status":"ERROR","error_code":"SIMULATED_NOT_FOUND"}}`},
				Wrong:   notOK,
			}},
		},
		{
			Name: "razorpay", Proof: "Authorization", BaseURLs: oneURL(""),
			Calls: []Call{{
				Pattern: "DELETE /v1/customers/{customer}/tokens/{reference}",
				Deleted: Response{http.StatusOK, `{"deleted":true}`}, Gone: notFound, Wrong: Response{http.StatusOK, `{"deleted":false}`},
			}},
		},
		{
			Name: "square", Proof: "Authorization", BaseURLs: oneURL(""),
			Calls: []Call{
				{Pattern: "POST /v2/cards/{reference}/disable", Repeatable: true, Deleted: Response{http.StatusOK, `{}`}, Gone: notFound, Wrong: notOK},
				{Pattern: "DELETE /v2/customers/{reference}", Deleted: Response{http.StatusOK, `{}`}, Gone: notFound, Wrong: notOK},
			},
		},
		{
			Name: "stripe", Proof: "Authorization", BaseURLs: oneURL(""),
			Calls: []Call{{
				Pattern: "DELETE /v1/customers/{reference}",
				Deleted: Response{http.StatusOK, `{"id":"cus_simulated","object":"customer","deleted":true}`},
				Gone:    Response{http.StatusNotFound, `{"error":{"code":"resource_missing","type":"invalid_request_error"}}`},
				Wrong:   Response{http.StatusOK, `{"error":{"type":"api_error"}}`},
			}},
		},
	}
}

func openpay(pattern string) Call {
	return Call{
		Pattern: pattern, Deleted: noContent, Wrong: notOK,
		Gone: Response{http.StatusNotFound, `{"category":"request","error_code":1005,"http_code":404}`},
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
