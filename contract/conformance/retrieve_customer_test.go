package conformance

import (
	"net/http"
)

const byID = "retrieve-customer"

var _ = addReadTest(readTest{
	operation: byID, property: "id", parameter: customerIDParameter, limit: 64, allow: "DELETE, GET",
	matches: func(r *http.Request) bool {
		_, ok := routeCustomer(r)
		return ok
	},
	values: func(r *http.Request) []string {
		id, _ := routeCustomer(r)
		return []string{id}
	},
	mutants: []readMutant{
		{name: "id from the query", mutate: changeRequests(func(r *http.Request) {
			if id := queryOf(r, "customer_id"); id != "" {
				r.URL.Path, r.URL.RawPath = "/v1/customers/"+id, ""
			}
		}), by: "query", rule: RuleCaseDisclosed, bare: true},
	},
})
