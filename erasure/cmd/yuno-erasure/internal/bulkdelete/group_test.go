package bulkdelete

import (
	"fmt"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/bulk"
)

func TestGroups(t *testing.T) {
	t.Parallel()
	all := groups{}
	add := func(n int, r bulk.Result) {
		for i := range n {
			r.ID = fmt.Sprintf("%s%d", r.Code, i)
			all.add(r)
		}
	}
	add(3, bulk.Result{Outcome: bulk.Accepted, Status: 202})
	add(2, bulk.Result{Outcome: bulk.Accepted, Status: 204})
	add(2, bulk.Result{Outcome: bulk.Failed, Code: "tls_failed"})
	add(3, bulk.Result{Outcome: bulk.Failed, Status: 403})
	add(1, bulk.Result{Outcome: bulk.MaybeDeleted, Status: 400, Code: "CUSTOMER_NOT_FOUND"})
	add(1, bulk.Result{Outcome: bulk.Invalid, Line: 12, Reason: "contains a slash"})
	add(1, bulk.Result{Outcome: bulk.Invalid, Line: 14, Reason: "is empty"})
	sorted := all.sorted(func(c cause) string { return "do " + c.name() })
	const want = "5 failed: 3 status 403 (do status 403), 2 tls_failed (do tls_failed)\n" +
		"1 maybe deleted: 1 CUSTOMER_NOT_FOUND (do CUSTOMER_NOT_FOUND)\n" +
		"2 invalid: 2 not an id (do not an id)\n"
	if got := causesText(sorted); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	merchants := groups{}
	merchants.add(bulk.Result{Outcome: bulk.NotFound, MerchantID: "m-1"})
	merchants.add(bulk.Result{Outcome: bulk.NotFound, MerchantID: "m-2", ID: "c-2"})
	if got := merchants.sorted(func(cause) string { return "" })[0].named; strings.Join(got, "; ") != "m-1; m-2 (c-2)" {
		t.Errorf("by merchant ids: %q", got)
	}
	if last := sorted[len(sorted)-1]; last.Outcome != bulk.Accepted || last.Count != 5 || len(last.named) != 0 {
		t.Errorf("accepted: %+v", last)
	}
	if got := sorted[3].named; strings.Join(got, "; ") != "line 12: contains a slash; line 14: is empty" {
		t.Errorf("invalid: %q", got)
	}
}

// Neither many results nor many codes take much memory.
func TestGroupsAreBounded(t *testing.T) {
	t.Parallel()
	all := groups{}
	const codes = 10 * maxGroups
	for i := range codes {
		all.add(bulk.Result{Outcome: bulk.Failed, Status: 500, Code: fmt.Sprint("E", i), ID: "c"})
	}
	for range 2 * maxNamed {
		all.add(bulk.Result{Outcome: bulk.Failed, Status: 500, Code: "E0", ID: "c"})
	}
	sorted := all.sorted(func(cause) string { return "" })
	if len(sorted) > maxGroups+1 || len(sorted[0].named) > maxNamed || sorted[0].Count != 2*maxNamed+1 {
		t.Errorf("%d groups, the first with %d of %d", len(sorted), len(sorted[0].named), sorted[0].Count)
	}
	total := 0
	for _, g := range sorted {
		total += g.Count
	}
	if total != codes+2*maxNamed {
		t.Errorf("%d results, want %d", total, codes+2*maxNamed)
	}
	if got := causesText(sorted); !strings.Contains(got, " other reasons") || strings.Count(got, "(") != maxShown {
		t.Errorf("got %s", got)
	}
}
