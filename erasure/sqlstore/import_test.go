package sqlstore_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
)

func TestImport(t *testing.T) { runOnFixtures(t, importTests) }

var importTests = map[string]func(*fixture){
	"FindsCustomersByMerchantID": func(f *fixture) {
		twin := customer("c3", "stripe")
		twin.MerchantCustomerID = "merchant-c1"
		nameless := customer("c4")
		nameless.MerchantCustomerID = ""
		f.must(f.Import(f.Context(), account, []erasure.Customer{customer("c1", "stripe"), customer("c2"), twin, nameless}))
		f.must(f.Import(f.Context(), otherAccount, []erasure.Customer{customer("c9")}))
		for merchantID, want := range map[string][]string{
			"merchant-c1": {"c1", "c3"}, "merchant-c2": {"c2"}, "merchant-c9": nil, "": nil, "merchant": nil,
		} {
			got, err := f.CustomersByMerchantID(f.Context(), account, merchantID)
			f.must(err)
			equal(f, "customers of "+merchantID, got, want)
		}
	},
	"ReplacesLiveCustomers": func(f *fixture) {
		f.must(f.Import(f.Context(), account, []erasure.Customer{customer("c1", "stripe", "adyen")}))
		again := customer("c1", "mollie")
		again.MerchantCustomerID = "another"
		f.must(f.Import(f.Context(), account, []erasure.Customer{again}))
		for merchantID, want := range map[string][]string{"merchant-c1": nil, "another": {"c1"}} {
			got, err := f.CustomersByMerchantID(f.Context(), account, merchantID)
			f.must(err)
			equal(f, "customers of "+merchantID, got, want)
		}
		e, err := f.Accept(f.Context(), request("c1"), enqueue)
		f.must(err)
		equal(f, "number of targets", len(e.Targets), 1)
		equal(f, "provider", e.Targets[0].Provider, "mollie")
	},
	"KeepsTheLaterOfTwoRecords": func(f *fixture) {
		f.must(f.Import(f.Context(), account, []erasure.Customer{customer("c1", "stripe"), customer("c0"), customer("c1", "mollie")}))
		e, err := f.Accept(f.Context(), request("c1"), enqueue)
		f.must(err)
		equal(f, "provider", e.Targets[0].Provider, "mollie")
	},
	"KeepsAccountsApart": func(f *fixture) {
		f.must(f.Import(f.Context(), account, []erasure.Customer{customer("c1", "stripe")}))
		f.must(f.Import(f.Context(), otherAccount, []erasure.Customer{customer("c1", "mollie")}))
		e, err := f.Accept(f.Context(), request("c1"), enqueue)
		f.must(err)
		equal(f, "provider", e.Targets[0].Provider, "stripe")
		got, err := f.CustomersByMerchantID(f.Context(), otherAccount, "merchant-c1")
		f.must(err)
		equal(f, "the other account's customers", got, []string{"c1"})
	},
	"IsAllOrNothing": func(f *fixture) {
		secret := "jane@example.com"
		bad := customer("c2")
		bad.Connections = []erasure.Connection{{Provider: secret}}
		err := f.Import(f.Context(), account, []erasure.Customer{customer("c1"), bad, {ID: "/"}, customer("c3")})
		equal(f, "rejected records", importErrors(err), []int{1, 2})
		if strings.Contains(err.Error(), secret) {
			f.Errorf("the error repeats the record: %v", err)
		}
		for _, id := range []string{"c1", "c3"} {
			_, err := f.Accept(f.Context(), request(id), enqueue)
			f.wantErr(err, erasure.ErrCustomerNotFound)
		}
	},
	"LeavesErasedCustomersErased": func(f *fixture) {
		f.accept("c2", "stripe") // in progress
		f.accept("c4")           // complete
		err := f.Import(f.Context(), account, []erasure.Customer{customer("c9"), customer("c4"), customer("c1"), customer("c2")})
		equal(f, "rejected records", importErrors(err), []int{1, 3})
		_, err = f.Accept(f.Context(), request("c1"), enqueue)
		f.wantErr(err, erasure.ErrCustomerNotFound)
		_, err = f.Accept(f.Context(), request("c4"), enqueue)
		f.wantErr(err, erasure.ErrCustomerNotFound)
		f.must(f.Import(f.Context(), otherAccount, []erasure.Customer{customer("c4")}))
	},
	"NeedsAnAccount": func(f *fixture) {
		for _, code := range []string{"", "unknown", "\xff", account + "\x00"} {
			f.wantErr(f.Import(f.Context(), code, []erasure.Customer{customer("c1")}), erasure.ErrNotFound)
		}
	},
	"AcceptsAnEmptyBatch": func(f *fixture) {
		f.must(f.Import(f.Context(), account, nil))
	},
	"RunsConcurrentlyForTheSameCustomers": func(f *fixture) {
		forward := make([]erasure.Customer, 20)
		backward := make([]erasure.Customer, 20)
		for i := range forward {
			forward[i] = customer(fmt.Sprintf("c%02d", i))
			backward[len(backward)-1-i] = forward[i]
		}
		together(8, func(i int) {
			batch := forward
			if i%2 == 1 {
				batch = backward
			}
			if err := f.Import(f.Context(), account, batch); err != nil {
				f.Error(err)
			}
		})
		counts, err := f.Counts(f.Context(), start)
		f.must(err)
		equal(f, "live customers", counts.Customers, 20)
	},
}

// importErrors returns the indices of the joined ImportErrors, in their order.
func importErrors(err error) []int {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	var indices []int
	for _, err := range joined.Unwrap() {
		var bad *erasure.ImportError
		if errors.As(err, &bad) {
			indices = append(indices, bad.Index)
		}
	}
	return indices
}
