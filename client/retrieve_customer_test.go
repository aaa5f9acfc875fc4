package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/client"
)

const (
	merchantID   = "jane.doe+1@example.com & sons/é%"
	customerJSON = `{"id":"` + customerID + `","merchant_customer_id":"` + merchantID + `","first_name":"Jane","email":"jane.doe@example.com",` +
		`"phone":{"country_code":"57","number":"3132450765"},"document":null,"metadata":[{"key":"tier","value":"gold"}]}`
	missingBody = `{"code":"NOT_FOUND","messages":["Not found."]}`
)

// read is one of the two operations that retrieve a customer.
type read struct {
	name, operation, id, uri string
	get                      func(ctx context.Context, c *client.Client, id string, opts ...client.CallOption) (*client.Customer, error)
	// viaAPI calls the generated client and returns its JSON200.
	viaAPI func(ctx context.Context, c *client.Client, id string, editors ...api.RequestEditorFn) (*api.Customer, int, error)
}

var reads = []read{
	{
		"retrieve customer", "retrieve-customer", customerID, "/v1/customers/" + customerID,
		func(ctx context.Context, c *client.Client, id string, opts ...client.CallOption) (*client.Customer, error) {
			return c.Customer(ctx, id, opts...)
		},
		func(ctx context.Context, c *client.Client, id string, editors ...api.RequestEditorFn) (*api.Customer, int, error) {
			r, err := c.API().RetrieveCustomerWithResponse(ctx, id, editors...)
			if err != nil {
				return nil, 0, err
			}
			return r.JSON200, r.StatusCode(), nil
		},
	},
	{
		"retrieve customer by merchant id", "retrieve-customer-by-external-id", merchantID,
		"/v1/customers?merchant_customer_id=" + url.QueryEscape(merchantID),
		func(ctx context.Context, c *client.Client, id string, opts ...client.CallOption) (*client.Customer, error) {
			return c.CustomerByMerchantID(ctx, id, opts...)
		},
		func(ctx context.Context, c *client.Client, id string, editors ...api.RequestEditorFn) (*api.Customer, int, error) {
			r, err := c.API().RetrieveCustomerByExternalIDWithResponse(ctx, &api.RetrieveCustomerByExternalIDParams{MerchantCustomerID: id}, editors...)
			if err != nil {
				return nil, 0, err
			}
			return r.JSON200, r.StatusCode(), nil
		},
	},
}

// eachRead runs test as a subtest for each read.
func eachRead(t *testing.T, test func(t *testing.T, r read)) {
	t.Helper()
	for _, r := range reads {
		t.Run(r.operation, func(t *testing.T) {
			t.Parallel()
			test(t, r)
		})
	}
}

func TestReadSendsTheContractsRequest(t *testing.T) {
	t.Parallel()
	eachRead(t, func(t *testing.T, r read) {
		server := newYuno(t, respond(200, customerJSON))
		c := newClient(t, server.baseURL(), client.WithUserAgent("acme-privacy/1.2"))
		customer, err := r.get(t.Context(), c, r.id)
		if err != nil {
			t.Fatal(err)
		}
		want := api.Customer{
			ID: customerID, MerchantCustomerID: merchantID, FirstName: "Jane", Email: "jane.doe@example.com",
			Phone: api.Phone{CountryCode: "57", Number: "3132450765"}, Metadata: []api.MetadataEntry{{Key: "tier", Value: "gold"}},
		}
		for range 2 {
			got := customer.Data()
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
			got.Metadata[0].Value = "changed by a caller"
		}
		got, status, err := r.viaAPI(t.Context(), c, r.id)
		if err != nil || status != 200 || !reflect.DeepEqual(*got, want) {
			t.Errorf("API: got %+v, %d, %v", got, status, err)
		}
		for i, req := range server.requests() {
			if req.Method != http.MethodGet || req.RequestURI != r.uri || req.ContentLength != 0 {
				t.Errorf("request %d: got %s %s with %d bytes, want GET %s", i, req.Method, req.RequestURI, req.ContentLength, r.uri)
			}
			headers := map[string]string{
				"public-api-key": creds.PublicAPIKey, "private-secret-key": creds.PrivateSecretKey,
				"User-Agent": "acme-privacy/1.2 yuno-customers-go/0.1.0", "Accept-Encoding": "identity",
			}
			for name, value := range headers {
				if req.Header.Get(name) != value {
					t.Errorf("request %d: %s is not as expected", i, name)
				}
			}
			if len(req.Header) != len(headers) { // no account is documented
				t.Errorf("request %d: got headers %v, want no others", i, req.Header)
			}
		}
	})
}

func TestReadResponses(t *testing.T) {
	t.Parallel()
	problem := func(status int, code string) http.HandlerFunc {
		return respond(status, `{"code":"`+code+`","messages":["text"]}`)
	}
	html := func(status int) http.HandlerFunc {
		return respond(status, "<html>jane.doe", "Content-Type", "text/html")
	}
	body := func(text string) http.HandlerFunc { return respond(200, text) }
	for _, tc := range []struct {
		name     string
		step     http.HandlerFunc
		want     error
		attempts int
		hint     string
	}{
		{"400NotFound", problem(400, "CUSTOMER_NOT_FOUND"), client.ErrCustomerNotFound, 1, "CUSTOMER_NOT_FOUND"},
		{"404NotFound", problem(404, "NOT_FOUND"), client.ErrCustomerNotFound, 1, "NOT_FOUND"},
		{"404CustomerNotFound", problem(404, "CUSTOMER_NOT_FOUND"), client.ErrCustomerNotFound, 1, ""},
		{"404OtherForm", respond(404, `{"error":{"code":"NOT_FOUND","message":"x"}}`), client.ErrCustomerNotFound, 1, ""},
		{"404HTML", html(404), client.ErrBadRequest, 1, "base URL"},
		{"404Empty", respond(404, ""), client.ErrBadRequest, 1, "base URL"},
		{"404OtherJSON", respond(404, `{"message":"no Route matched with those values"}`), client.ErrBadRequest, 1, "base URL"},
		{"404OtherCode", problem(404, "ROUTE_NOT_FOUND"), client.ErrBadRequest, 1, "ROUTE_NOT_FOUND"},
		{"400OtherNotFound", problem(400, "NOT_FOUND"), client.ErrBadRequest, 1, ""},
		{"401", problem(401, "INVALID_CREDENTIALS"), client.ErrUnauthorized, 1, ""},
		{"403", problem(403, "AUTHORIZATION_REQUIRED"), client.ErrForbidden, 1, ""},
		{"429", problem(429, "TOO_MANY_REQUESTS"), client.ErrRateLimited, 3, ""},
		{"408", problem(408, "X"), client.ErrServer, 3, ""},
		{"500", problem(500, "INTERNAL_ERROR"), client.ErrServer, 3, ""},
		{"500NotFound", problem(500, "NOT_FOUND"), client.ErrServer, 3, ""},
		{"502", html(502), client.ErrServer, 3, ""},
		{"301", respond(301, "", "Location", "/v1/elsewhere"), client.ErrRedirect, 1, ""},
		{"202", respond(202, customerJSON), errAny, 1, ""},
		{"204", respond(204, ""), errAny, 1, ""},
		{"Lost", lose, errAny, 3, ""},
		{"BrokenOff", breakOff(200), errAny, 3, ""},
		{"TooLarge", flood(200), client.ErrTooLarge, 1, ""},
		{"OtherCustomer", body(`{"id":"0d0d2b0c-52a3-4c0e-9b65-6ab1d0ec8a1d","merchant_customer_id":"other","first_name":"jane.doe"}`), client.ErrOtherCustomer, 1, "no such id"},
		{"NoID", body(`{"first_name":"jane.doe"}`), client.ErrUnexpectedBody, 1, "no such id"},
		{"Empty", body(""), client.ErrUnexpectedBody, 1, "not a JSON object"},
		{"Null", body("null"), client.ErrUnexpectedBody, 1, "no such id"},
		{"OtherCustomerWithoutMerchantID", body(`{"id":"0d0d2b0c-52a3-4c0e-9b65-6ab1d0ec8a1d"}`), client.ErrOtherCustomer, 1, "no such id"},
		{"OtherMerchantID", body(`{"merchant_customer_id":"other"}`), client.ErrOtherCustomer, 1, "no such id"},
		{"List", body("[" + customerJSON + "]"), client.ErrOtherCustomer, 1, "a list"},
		{"EmptyList", body("[]"), client.ErrOtherCustomer, 1, "a list"},
		{"Text", body(`"jane.doe"`), client.ErrUnexpectedBody, 1, "not a JSON object"},
		{"HTML", html(200), client.ErrUnexpectedBody, 1, "not a JSON object"},
		{"Wrapped", body(`{"customer":` + customerJSON + `}`), client.ErrUnexpectedBody, 1, "no such id"},
		{"Twice", body(customerJSON + customerJSON), client.ErrUnexpectedBody, 1, "not a JSON object"},
		{"ErrorBody", body(`{"code":"CUSTOMER_NOT_FOUND","messages":["jane.doe"]}`), client.ErrUnexpectedBody, 1, "no such id"},
		{"OtherIDFirst", body(`{"id":"other",` + customerJSON[1:]), client.ErrUnexpectedBody, 1, "a field twice"},
		{"OtherIDInCapitals", body(`{"ID":"other","Merchant_Customer_ID":"other",` + customerJSON[1:]), client.ErrUnexpectedBody, 1, "a field twice"},
		{"EmailTwice", body(strings.Replace(customerJSON, `"email"`, `"email":"","email"`, 1)), client.ErrUnexpectedBody, 1, "a field twice"},
		{"NumberTwice", body(strings.Replace(customerJSON, `"number"`, `"Number":"","number"`, 1)), client.ErrUnexpectedBody, 1, "a field twice"},
		{"ValueTwice", body(strings.Replace(customerJSON, `"value"`, `"ValuE":"","value"`, 1)), client.ErrUnexpectedBody, 1, "a field twice"},
		{"KelvinSign", body(strings.Replace(customerJSON, `"key"`, `"Key":"","key"`, 1)), client.ErrUnexpectedBody, 1, "a field twice"},
		{"OtherType", body(strings.Replace(customerJSON, `"3132450765"`, `3132450765`, 1)), client.ErrUnexpectedBody, 1, "phone.number is of type number"},
	} {
		eachRead(t, func(t *testing.T, r read) {
			t.Run(tc.name, func(t *testing.T) {
				t.Parallel()
				server := newYuno(t, tc.step)
				c := newClient(t, server.baseURL(), fastRetries())
				var resp client.Response
				customer, err := r.get(t.Context(), c, r.id, client.WithResponse(&resp))
				e := asError(t, err)
				if customer != nil || (tc.want != errAny && !errors.Is(err, tc.want)) || e.MayHaveApplied || e.Attempts != tc.attempts || resp.Attempts != tc.attempts {
					t.Errorf("got %v, %v after %d attempts with MayHaveApplied %v, want %v after %d", customer, err, e.Attempts, e.MayHaveApplied, tc.want, tc.attempts)
				}
				text := err.Error()
				if !strings.HasPrefix(text, r.name+": ") || !strings.Contains(text, tc.hint) || strings.Contains(text, "jane.doe") || strings.Contains(text, "3132450765") {
					t.Errorf("got text %q, want it to mention %q and nobody's data", text, tc.hint)
				}
				if e.StatusCode == 200 && errors.Is(err, client.ErrOtherCustomer) != (tc.want == client.ErrOtherCustomer) {
					t.Errorf("got %v, want it to match ErrOtherCustomer only if it names somebody", err)
				}
				if e.StatusCode == 200 && e.Body != nil {
					t.Errorf("got body %q in the error", e.Body)
				}
				data, status, err := r.viaAPI(t.Context(), c, r.id)
				if tc.want == errAny || status == 0 {
					if e := asError(t, err); tc.want != errAny && !errors.Is(e, tc.want) {
						t.Errorf("API: got %v, want %v", err, tc.want)
					}
				} else if data != nil || status != e.StatusCode || status < 400 {
					t.Errorf("API: got %v with status %d", data, status)
				}
			})
		})
	}
}

// A read repeats what may have happened without harm, and remembers nothing of it.
func TestReadRetries(t *testing.T) {
	t.Parallel()
	found, missing := respond(200, customerJSON), respond(404, missingBody)
	for name, tc := range map[string]struct {
		script []http.HandlerFunc
		want   error
	}{
		"LostThenFound":        {[]http.HandlerFunc{lose, found}, nil},
		"LostThenMissing":      {[]http.HandlerFunc{lose, missing}, client.ErrCustomerNotFound},
		"TimeoutThenMissing":   {[]http.HandlerFunc{hang, missing}, client.ErrCustomerNotFound},
		"ErrorsThenFound":      {[]http.HandlerFunc{respond(503, ""), respond(500, ""), found}, nil},
		"BrokenOffThenFound":   {[]http.HandlerFunc{breakOff(200), found}, nil},
		"StalledBodyThenFound": {[]http.HandlerFunc{stall(200), found}, nil},
	} {
		eachRead(t, func(t *testing.T, r read) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					server, over := newPipedYuno(t, tc.script...)
					c := newClient(t, server.baseURL(), client.WithHTTPClient(over))
					customer, err := r.get(t.Context(), c, r.id)
					if !errors.Is(err, tc.want) || (customer == nil) != (tc.want != nil) || len(server.requests()) != len(tc.script) {
						t.Errorf("got %v, %v after %d requests", customer, err, len(server.requests()))
					}
					if err != nil && asError(t, err).MayHaveApplied {
						t.Error("a read cannot have applied")
					}
				})
			})
		})
	}
}

// What some servers put before JSON does not make it another customer.
func TestReadWithByteOrderMark(t *testing.T) {
	t.Parallel()
	eachRead(t, func(t *testing.T, r read) {
		c := newClient(t, newYuno(t, respond(200, "\ufeff"+customerJSON)).baseURL())
		if _, err := r.get(t.Context(), c, r.id); err != nil {
			t.Errorf("got %v", err)
		}
	})
}

func TestReadRejectsInvalidArguments(t *testing.T) {
	t.Parallel()
	server := newYuno(t, respond(200, customerJSON))
	c := newClient(t, server.baseURL())
	var none *client.Client
	var noContext context.Context
	eachRead(t, func(t *testing.T, r read) {
		for name, try := range map[string]func() error{
			"EmptyID":       func() error { _, err := r.get(t.Context(), c, ""); return err },
			"APIEmptyID":    func() error { _, _, err := r.viaAPI(t.Context(), c, ""); return err },
			"ControlInID":   func() error { _, err := r.get(t.Context(), c, "a\x00b"); return err },
			"LongID":        func() error { _, err := r.get(t.Context(), c, strings.Repeat("é", 256)); return err },
			"InvalidUTF8":   func() error { _, err := r.get(t.Context(), c, "a\xff"); return err },
			"AccountCode":   func() error { _, err := r.get(t.Context(), c, r.id, client.WithAccountCode("other")); return err },
			"NilOption":     func() error { _, err := r.get(t.Context(), c, r.id, nil); return err },
			"NilContext":    func() error { _, err := r.get(noContext, c, r.id); return err },
			"NilClient":     func() error { _, err := r.get(t.Context(), none, r.id); return err },
			"ZeroClient":    func() error { _, err := r.get(t.Context(), new(client.Client), r.id); return err },
			"APIZeroClient": func() error { _, _, err := r.viaAPI(t.Context(), new(client.Client), r.id); return err },
		} {
			if err := try(); !errors.Is(err, client.ErrInvalidArgument) || asError(t, err).Attempts != 0 {
				t.Errorf("%s: got %v, want ErrInvalidArgument", name, err)
			}
		}
	})
	t.Cleanup(func() {
		if got := len(server.requests()); got != 0 {
			t.Errorf("%d requests were sent", got)
		}
	})
	for _, params := range []*api.RetrieveCustomerByExternalIDParams{nil, {}} { // would list customers
		if _, err := c.API().RetrieveCustomerByExternalIDWithResponse(t.Context(), params); !errors.Is(err, client.ErrInvalidArgument) {
			t.Errorf("got %v, want ErrInvalidArgument", err)
		}
	}
	if _, err := c.Customer(t.Context(), ".."); !errors.Is(err, client.ErrInvalidArgument) {
		t.Errorf("got %v, want ErrInvalidArgument", err)
	}
}

// Every merchant id arrives as it is, and one that could be a path is not one.
func TestMerchantIDsArriveAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"a", " a ", "a&merchant_customer_id=b", "a+b", "a%2Fb", "..", "/", "a;b", "é", "\u200b", strings.Repeat("é", 255), `"`} {
		server := newYuno(t, func(w http.ResponseWriter, r *http.Request) {
			if got := r.URL.Query()["merchant_customer_id"]; r.URL.Path != "/v1/customers" || !slices.Equal(got, []string{id}) {
				t.Errorf("%q: got %s with %q", id, r.URL.Path, got)
			}
			respond(404, missingBody)(w, r)
		})
		if _, err := newClient(t, server.baseURL()).CustomerByMerchantID(t.Context(), id); !errors.Is(err, client.ErrCustomerNotFound) {
			t.Errorf("%q: got %v, want ErrCustomerNotFound", id, err)
		}
	}
}

// Yuno's ids are UUIDs, for which upper and lower case are the same. Others are not.
func TestCaseOfCustomerIDs(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]error{customerID: nil, strings.ToUpper(customerID): nil, "c1": client.ErrUnexpectedBody} {
		returned := strings.ToUpper(id)
		server := newYuno(t, respond(200, `{"id":"`+returned+`"}`))
		if _, err := newClient(t, server.baseURL()).Customer(t.Context(), id); !errors.Is(err, want) {
			t.Errorf("%s for %s: got %v, want %v", returned, id, err, want)
		}
	}
}

// Middleware must not change whom a read is about, or add an account.
func TestReadChangesAreRejected(t *testing.T) {
	t.Parallel()
	changes := map[string]func(*http.Request){
		"Method":  func(req *http.Request) { req.Method = http.MethodDelete },
		"Path":    func(req *http.Request) { req.URL.Path = "/v1/customers/other" },
		"Query":   func(req *http.Request) { req.URL.RawQuery = "merchant_customer_id=other" },
		"Account": func(req *http.Request) { req.Header.Set("X-Account-Code", creds.AccountCode) },
		"Body":    func(req *http.Request) { req.Body = io.NopCloser(strings.NewReader("{}")) },
	}
	eachRead(t, func(t *testing.T, r read) {
		for name, change := range changes {
			server := newYuno(t, respond(200, customerJSON))
			_, err := r.get(t.Context(), newClient(t, server.baseURL(), client.WithMiddleware(watch(change))), r.id)
			if e := asError(t, err); e.Attempts != 1 || !strings.Contains(err.Error(), "middleware") || len(server.requests()) != 0 {
				t.Errorf("%s: got %v after %d requests", name, err, len(server.requests()))
			}
			edit := func(_ context.Context, req *http.Request) error { change(req); return nil }
			if _, _, err := r.viaAPI(t.Context(), newClient(t, server.baseURL()), r.id, edit); !errors.Is(err, client.ErrInvalidArgument) || len(server.requests()) != 0 {
				t.Errorf("%s: API: got %v after %d requests", name, err, len(server.requests()))
			}
		}
	})
}

// The generated client would not decode a customer of another content type.
func TestAPIReadOfAnotherContentType(t *testing.T) {
	t.Parallel()
	eachRead(t, func(t *testing.T, r read) {
		c := newClient(t, newYuno(t, respond(200, customerJSON, "Content-Type", "text/plain")).baseURL())
		if _, err := r.get(t.Context(), c, r.id); err != nil {
			t.Errorf("got %v, want the body to decide", err)
		}
		if _, _, err := r.viaAPI(t.Context(), c, r.id); !errors.Is(err, client.ErrUnexpectedBody) {
			t.Errorf("API: got %v, want ErrUnexpectedBody", err)
		}
	})
}
