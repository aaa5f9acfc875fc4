package storetest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/yuno-community/yuno-customers/erasure"
)

var importTests = map[string]func(*bench){
	"FindsCustomersByMerchantID": func(b *bench) {
		twin := customer("c3", "stripe")
		twin.MerchantCustomerID = "merchant-c1"
		nameless := customer("c4")
		nameless.MerchantCustomerID = ""
		b.must(b.Import(b.ctx, account, []erasure.Customer{customer("c1", "stripe"), customer("c2"), twin, nameless}))
		b.must(b.Import(b.ctx, otherAccount, []erasure.Customer{customer("c9")}))
		for merchantID, want := range map[string][]string{
			"merchant-c1": {"c1", "c3"}, "merchant-c2": {"c2"}, "merchant-c9": nil, "": nil, "merchant": nil,
		} {
			got, err := b.CustomersByMerchantID(b.ctx, account, merchantID)
			b.must(err)
			equal(b, "customers of "+merchantID, got, want)
		}
	},
	"ReplacesLiveCustomers": func(b *bench) {
		b.must(b.Import(b.ctx, account, []erasure.Customer{customer("c1", "stripe", "adyen")}))
		again := customer("c1", "mollie")
		again.MerchantCustomerID = "another"
		b.must(b.Import(b.ctx, account, []erasure.Customer{again}))
		for merchantID, want := range map[string][]string{"merchant-c1": nil, "another": {"c1"}} {
			got, err := b.CustomersByMerchantID(b.ctx, account, merchantID)
			b.must(err)
			equal(b, "customers of "+merchantID, got, want)
		}
		e, err := b.Accept(b.ctx, request("c1"), enqueue)
		b.must(err)
		equal(b, "number of targets", len(e.Targets), 1)
		equal(b, "provider", e.Targets[0].Provider, "mollie")
	},
	"TakesTheLaterOfTwoRecords": func(b *bench) {
		b.must(b.Import(b.ctx, account, []erasure.Customer{customer("c1", "stripe"), customer("c0"), customer("c1", "mollie")}))
		e, err := b.Accept(b.ctx, request("c1"), enqueue)
		b.must(err)
		equal(b, "provider", e.Targets[0].Provider, "mollie")
	},
	"KeepsAccountsApart": func(b *bench) {
		b.must(b.Import(b.ctx, account, []erasure.Customer{customer("c1", "stripe")}))
		b.must(b.Import(b.ctx, otherAccount, []erasure.Customer{customer("c1", "mollie")}))
		e, err := b.Accept(b.ctx, request("c1"), enqueue)
		b.must(err)
		equal(b, "provider", e.Targets[0].Provider, "stripe")
		got, err := b.CustomersByMerchantID(b.ctx, otherAccount, "merchant-c1")
		b.must(err)
		equal(b, "the other account's customers", got, []string{"c1"})
	},
	"IsAllOrNothing": func(b *bench) {
		secret := "jane@example.com"
		bad := customer("c2")
		bad.Connections = []erasure.Connection{{Provider: secret}}
		err := b.Import(b.ctx, account, []erasure.Customer{customer("c1"), bad, {ID: "/"}, customer("c3")})
		equal(b, "records complained of", importErrors(err), []int{1, 2})
		if strings.Contains(err.Error(), secret) {
			b.Errorf("the error repeats the record: %v", err)
		}
		for _, id := range []string{"c1", "c3"} {
			_, err := b.Accept(b.ctx, request(id), enqueue)
			b.wantErr(err, erasure.ErrCustomerNotFound)
		}
	},
	"LeavesErasedCustomersErased": func(b *bench) {
		b.accept("c2", "stripe") // in progress
		b.accept("c4")           // complete
		err := b.Import(b.ctx, account, []erasure.Customer{customer("c9"), customer("c4"), customer("c1"), customer("c2")})
		equal(b, "records complained of", importErrors(err), []int{1, 3})
		_, err = b.Accept(b.ctx, request("c1"), enqueue)
		b.wantErr(err, erasure.ErrCustomerNotFound)
		_, err = b.Accept(b.ctx, request("c4"), enqueue)
		b.wantErr(err, erasure.ErrCustomerNotFound)
		b.must(b.Import(b.ctx, otherAccount, []erasure.Customer{customer("c4")}))
	},
	"NeedsAnAccount": func(b *bench) {
		for _, code := range []string{"", "unknown", "\xff", account + "\x00"} {
			b.wantErr(b.Import(b.ctx, code, []erasure.Customer{customer("c1")}), erasure.ErrNotFound)
		}
	},
	"TakesAnEmptyBatch": func(b *bench) {
		b.must(b.Import(b.ctx, account, nil))
	},
	"CopesWithTheSameCustomersAtOnce": func(b *bench) {
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
			if err := b.Import(b.ctx, account, batch); err != nil {
				b.Error(err)
			}
		})
		counts, err := b.Counts(b.ctx, start)
		b.must(err)
		equal(b, "live customers", counts.Customers, 20)
	},
}

// importErrors returns the indices of the joined *ImportErrors, in their order.
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
