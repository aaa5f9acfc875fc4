package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// ada is a customer with every kind of data.
var ada = sandbox.Customer{
	ID: "c1", MerchantCustomerID: "ada & co=1", FirstName: "Ada", LastName: "Made-Up", Email: "ada@example.com",
	Gender: "F", DateOfBirth: "1985-12-10", Country: "GB", Nationality: "GB",
	Document:       api.IdentityDocument{DocumentType: "PASS", DocumentNumber: "X0000001"},
	Phone:          api.Phone{CountryCode: "44", Number: "5550100"},
	BillingAddress: api.Address{AddressLine1: "1 Example Street", City: "London", Country: "GB", ZipCode: "EX1 2AB"},
	Metadata:       []api.MetadataEntry{{Key: "plan", Value: "gold"}},
	CreatedAt:      "2026-01-01T00:00:00Z", UpdatedAt: "2026-01-02T00:00:00Z",
}

// reads are the ways to read ada: path and query by operationId. Each operation adds its
// own, in a test file of its own.
var reads = map[string]string{}

func addRead(operation, path string) string {
	reads[operation] = path
	return path
}

// eachRead runs f for each operation that reads a customer.
func eachRead(t *testing.T, f func(t *testing.T, path string)) {
	t.Helper()
	for operation, path := range reads {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			f(t, path)
		})
	}
}

// withAda returns a sandbox whose only customer is ada.
func withAda(t *testing.T, opts ...sandbox.Option) (*sandbox.Sandbox, sandbox.Credentials) {
	t.Helper()
	sb := sandbox.New(t, append(opts, sandbox.WithoutListener(), sandbox.WithCustomer(ada))...)
	return sb, sb.Credentials()
}

func read(sb *sandbox.Sandbox, c sandbox.Credentials, path string) response {
	return send(sb, sb.Transport(), c, http.MethodGet, path)
}

// wantCustomer expects the response to be a customer, whose last change is not compared.
func (r response) wantCustomer(t *testing.T, want sandbox.Customer) {
	t.Helper()
	r.want(t, http.StatusOK, "")
	var got sandbox.Customer
	if err := json.Unmarshal([]byte(r.body), &got); err != nil {
		t.Fatal(err)
	}
	got.UpdatedAt, want.UpdatedAt = "", ""
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %s, want %+v", r.body, want)
	}
}

func TestRetrieve(t *testing.T) {
	t.Parallel()
	eachRead(t, func(t *testing.T, path string) {
		sb, c := withAda(t)
		read(sb, c, path).wantCustomer(t, ada)
		read(sb, c, path+"x").want(t, 400, "CUSTOMER_NOT_FOUND")
		other := sb.AddAccount()
		read(sb, other, path).want(t, 400, "CUSTOMER_NOT_FOUND")
		wrong := c
		wrong.PrivateSecretKey = other.PrivateSecretKey
		read(sb, wrong, path).want(t, 401, "INVALID_CREDENTIALS")
		wrong = c
		wrong.AccountCode = other.AccountCode // not documented for reads: the keys decide
		read(sb, wrong, path).wantCustomer(t, ada)

		erase(sb, c, "c1").want(t, 202, "")
		read(sb, c, path).want(t, 400, "CUSTOMER_NOT_FOUND")
		added := ada
		added.Email = "second@example.com"
		if err := sb.AddCustomer(c.AccountCode, added); err != nil {
			t.Fatal(err)
		}
		read(sb, c, path).wantCustomer(t, added)
	})
}

// Two accounts can have customers with the same ids.
func TestRetrieveInTwoAccounts(t *testing.T) {
	t.Parallel()
	eachRead(t, func(t *testing.T, path string) {
		sb, first := withAda(t)
		second := sb.AddAccount()
		theirs := sandbox.Customer{ID: ada.ID, MerchantCustomerID: ada.MerchantCustomerID, Email: "theirs@example.com"}
		if err := sb.AddCustomer(second.AccountCode, theirs); err != nil {
			t.Fatal(err)
		}
		read(sb, first, path).wantCustomer(t, ada)
		read(sb, second, path).wantCustomer(t, theirs)
		erase(sb, first, "c1").want(t, 202, "")
		read(sb, first, path).want(t, 400, "CUSTOMER_NOT_FOUND")
		read(sb, second, path).wantCustomer(t, theirs)
	})
}

func TestNotFoundStatus(t *testing.T) {
	t.Parallel()
	eachRead(t, func(t *testing.T, path string) {
		sb, c := withAda(t, sandbox.WithNotFoundStatus(404))
		read(sb, c, path).wantCustomer(t, ada)
		read(sb, c, path+"x").want(t, 404, `"NOT_FOUND"`)
		erase(sb, c, "c1x").want(t, 400, "CUSTOMER_NOT_FOUND") // no 404 is documented
		erase(sb, c, "c1").want(t, 202, "")
		read(sb, c, path).want(t, 404, `"NOT_FOUND"`)
	})
	if _, err := sandbox.Open(sandbox.WithNotFoundStatus(410)); err == nil || !strings.Contains(err.Error(), "set 400 or 404") {
		t.Errorf("got error %v for 410", err)
	}
}

func TestAnonymisation(t *testing.T) {
	t.Parallel()
	kept := sandbox.Customer{ID: ada.ID, MerchantCustomerID: ada.MerchantCustomerID, CreatedAt: ada.CreatedAt}
	masked := kept
	masked.FirstName, masked.LastName, masked.Email, masked.Gender, masked.DateOfBirth = "***", "***", "***", "***", "***"
	masked.Country, masked.Nationality = "***", "***"
	masked.Document = api.IdentityDocument{DocumentType: "***", DocumentNumber: "***"}
	masked.Phone = api.Phone{CountryCode: "***", Number: "***"}
	masked.BillingAddress = api.Address{AddressLine1: "***", City: "***", Country: "***", ZipCode: "***"}
	for mask, want := range map[string]sandbox.Customer{"": kept, "***": masked} {
		eachRead(t, func(t *testing.T, path string) {
			sb, c := withAda(t, sandbox.WithAnonymisation(mask))
			erase(sb, c, "c1").want(t, 202, "")
			read(sb, c, path).wantCustomer(t, want)
			read(sb, sb.AddAccount(), path).want(t, 400, "CUSTOMER_NOT_FOUND")
			erase(sb, c, "c1").want(t, 400, "CUSTOMER_NOT_FOUND")
			if left := sb.Customers(c.AccountCode); len(left) > 0 {
				t.Errorf("got customers %v, want none", left)
			}
			sb.FailNext(sandbox.Fault{Kind: sandbox.Stale})
			read(sb, c, path).wantCustomer(t, ada)
			addCustomers(t, sb, c.AccountCode, "c1") // again, without data
			read(sb, c, "/customers/c1").want(t, 200, "merchant-c1")
		})
	}
}

func TestCustomersWithoutData(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sb, c := inMemory(t)
		now := time.Now().UTC().Format(time.RFC3339)
		want := sandbox.Customer{ID: "c1", MerchantCustomerID: "merchant-c1", CreatedAt: now}
		read(sb, c, "/customers/c1").wantCustomer(t, want)
		time.Sleep(time.Hour)
		addCustomers(t, sb, c.AccountCode, "c1") // it exists, and is kept
		read(sb, c, "/customers?merchant_customer_id=merchant-c1").wantCustomer(t, want)
		read(sb, c, "/customers?merchant_customer_id=c1").want(t, 400, "CUSTOMER_NOT_FOUND")
	})
}

func TestAddCustomerRejects(t *testing.T) {
	t.Parallel()
	var failed failingT
	sb := sandbox.New(&failed, sandbox.WithoutListener(), sandbox.WithCustomer(ada))
	t.Cleanup(sb.Close)
	account := sb.Credentials().AccountCode
	for want, customer := range map[string]sandbox.Customer{
		"id is empty": {},
		"another customer of the account has the same merchant's id": {ID: "c2", MerchantCustomerID: ada.MerchantCustomerID},
		"more than 255 characters":                                   {ID: "c2", MerchantCustomerID: strings.Repeat("é", 256)},
		"not valid UTF-8":                                            {ID: "c2", MerchantCustomerID: "\xff"},
		"a control character":                                        {ID: "c2", MerchantCustomerID: "a\nb"},
	} {
		failed.errors = nil
		err := sb.AddCustomer(account, customer)
		if err == nil || !strings.Contains(err.Error(), want) || len(failed.errors) != 1 {
			t.Errorf("got error %v and %d test failures, want one with %q", err, len(failed.errors), want)
		}
		if _, err := sandbox.Open(sandbox.WithoutListener(), sandbox.WithCustomer(ada), sandbox.WithCustomer(customer)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v of Open, want one with %q", err, want)
		}
	}
	if err := sb.AddCustomer("c2", sandbox.Customer{ID: "c2"}); err == nil || !strings.Contains(err.Error(), "no account has the code") {
		t.Errorf("got error %v for an unknown account", err)
	}
	if got := sb.Customers(account); len(got) != 1 {
		t.Errorf("got customers %v, want only c1", got)
	}
	if err := sb.AddCustomers(account, "c2", "c3"); err != nil {
		t.Error(err)
	}
	merchants := sandbox.Customer{ID: "c4", MerchantCustomerID: "merchant-c5"}
	if err := sb.AddCustomer(account, merchants); err != nil {
		t.Error(err)
	}
	if err := sb.AddCustomers(account, "c6", "c5"); err == nil || len(sb.Customers(account)) != 4 {
		t.Errorf("got error %v and customers %v, want an error and none of the two", err, sb.Customers(account))
	}
}

// TestFaultsOfReads expects each kind to show as documented.
func TestFaultsOfReads(t *testing.T) {
	t.Parallel()
	for _, tt := range []faultCase{
		{fault: sandbox.Fault{}, status: 200, text: "ada@example.com"},
		{fault: sandbox.Fault{Applied: true}, status: 200, text: "ada@example.com"},
		{fault: sandbox.Fault{Kind: sandbox.TooManyRequests, RetryAfter: 2 * time.Second}, status: 429, text: `"TOO_MANY_REQUESTS"`},
		{fault: sandbox.Fault{Kind: sandbox.InternalError}, status: 500, text: `"INTERNAL_ERROR"`},
		{fault: sandbox.Fault{Kind: sandbox.Unavailable, Applied: true}, status: 503, text: `"SERVICE_UNAVAILABLE"`},
		{fault: sandbox.Fault{Kind: sandbox.GatewayTimeout}, status: 504, text: `"REQUEST_TIMEOUT"`},
		{fault: sandbox.Fault{Kind: sandbox.Reset}, failure: io.EOF},
		{fault: sandbox.Fault{Kind: sandbox.LostResponse}, failure: io.EOF},
		{fault: sandbox.Fault{Kind: sandbox.HTML, Status: 200}, status: 200, text: "<html>"},
		{fault: sandbox.Fault{Kind: sandbox.TruncatedBody}, status: 200, text: `"1985-12-10"`, failure: io.ErrUnexpectedEOF},
		{fault: sandbox.Fault{Kind: sandbox.OversizedBody}, status: 400, text: strings.Repeat("x", 1<<20)},
		{fault: sandbox.Fault{Kind: sandbox.NoContent}, status: 204},
		{fault: sandbox.Fault{Kind: sandbox.Redirect, Status: 302}, status: 302},
		{fault: sandbox.Fault{Kind: sandbox.Stale}, status: 200, text: "ada@example.com"},
	} {
		t.Run(tt.fault.String(), func(t *testing.T) {
			t.Parallel()
			eachRead(t, func(t *testing.T, path string) {
				sb, c := withAda(t)
				sb.FailNext(tt.fault)
				got := read(sb, c, path)
				if got.status != tt.status || !strings.Contains(got.body, tt.text) || !errors.Is(got.err, tt.failure) {
					t.Errorf("got %d %.300q and error %v, want %d %.100q and %v", got.status, got.body, got.err, tt.status, tt.text, tt.failure)
				}
				read(sb, c, path).wantCustomer(t, ada)

				// For the customer, whichever id names it.
				sb.FailCustomer("c1", tt.fault)
				if got := read(sb, c, path); got.status != tt.status {
					t.Errorf("got %d by FailCustomer, want %d", got.status, tt.status)
				}
				read(sb, c, path+"x").want(t, 400, "CUSTOMER_NOT_FOUND")
			})
		})
	}
}

func TestLatencyAndStallsOfReads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, path := range reads {
			sb, c := withAda(t)
			sb.FailNext(sandbox.Fault{Latency: time.Minute}, sandbox.Fault{Kind: sandbox.StalledBody})
			start := time.Now()
			read(sb, c, path).wantCustomer(t, ada)
			if took := time.Since(start); took != time.Minute {
				t.Errorf("took %v, want 1m0s", took)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			got := send(sb, withContext{ctx, sb.Transport()}, c, http.MethodGet, path)
			cancel()
			if got.status != 200 || !strings.HasPrefix(got.body, `{"`) || json.Valid([]byte(got.body)) || !errors.Is(got.err, context.DeadlineExceeded) {
				t.Errorf("got %+v, want the beginning of a customer", got)
			}
			sb.Close()
		}
	})
}

// A read from a copy that lags behind still sees a deleted customer.
func TestStale(t *testing.T) {
	t.Parallel()
	eachRead(t, func(t *testing.T, path string) {
		sb, c := withAda(t)
		erase(sb, c, "c1").want(t, 202, "")
		stale := sandbox.Fault{Kind: sandbox.Stale}
		sb.FailNext(stale, stale, stale)
		read(sb, c, path).wantCustomer(t, ada)
		read(sb, sb.AddAccount(), path).want(t, 400, "CUSTOMER_NOT_FOUND")
		erase(sb, c, "c1").want(t, 400, "CUSTOMER_NOT_FOUND") // not a read
		read(sb, c, path).want(t, 400, "CUSTOMER_NOT_FOUND")
	})
}
