package contract

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
)

// texts records what a check reports.
type texts []string

func (*texts) Helper() {}

func (l *texts) Errorf(format string, args ...any) { *l = append(*l, fmt.Sprintf(format, args...)) }

func TestCoverageCountsCorrectResponses(t *testing.T) {
	t.Parallel()
	c := mustNew(t)
	serve(t, c, status(202, ""))
	serve(t, c, status(202, ""))
	serve(t, c, status(202, "body"))
	serve(t, c, status(404, errorBody))
	serve(t, c, status(400, errorBody), without(accountHeader))
	want := `response                             body              seen
DELETE /customers/{customer_id} 202  none              2
DELETE /customers/{customer_id} 400  application/json  1
DELETE /customers/{customer_id} 401  application/json  never
DELETE /customers/{customer_id} 403  application/json  never
DELETE /customers/{customer_id} 500  application/json  never
DELETE /customers/{customer_id} 504  application/json  never
`
	if got := c.Coverage().String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got := c.Coverage().Ratio(); got < 0.33 || got > 0.34 {
		t.Errorf("got ratio %v, want a third", got)
	}
	if got := len(c.Coverage().Missing()); got != 4 {
		t.Errorf("got %d missing, want 4", got)
	}
}

// 405 is documented for the path, but never sent for the documented method.
func TestCoverageCountsOtherMethodsIfStrict(t *testing.T) {
	t.Parallel()
	c := mustNew(t, WithStrict())
	serve(t, c, status(405, errorBody, "Allow", "DELETE"), method("GET"))
	for _, r := range c.Coverage().Responses {
		if (r.Seen > 0) != (r.Status == 405) {
			t.Errorf("%d seen %d times", r.Status, r.Seen)
		}
	}
}

func TestCoverageMerge(t *testing.T) {
	t.Parallel()
	a := Coverage{Responses: []CoveredResponse{{Method: "DELETE", Path: "/c", Status: 202, Seen: 1}, {Method: "DELETE", Path: "/c", Status: 400}}}
	b := Coverage{Responses: []CoveredResponse{{Method: "DELETE", Path: "/c", Status: 202, Seen: 2}, {Method: "DELETE", Path: "/c", Status: 301, Seen: 1}}}
	got := a.Merge(b)
	want := Coverage{Responses: []CoveredResponse{
		{Method: "DELETE", Path: "/c", Status: 202, Seen: 3}, {Method: "DELETE", Path: "/c", Status: 301, Seen: 1}, {Method: "DELETE", Path: "/c", Status: 400},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if a.Responses[0].Seen != 1 {
		t.Error("Merge changed its receiver")
	}
}

func TestCoverageAsJSON(t *testing.T) {
	t.Parallel()
	want := mustNew(t).Coverage()
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Coverage
	if err := json.Unmarshal(data, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v and error %v, want %+v", got, err, want)
	}
}

func TestCoverageRequireFails(t *testing.T) {
	t.Parallel()
	c := mustNew(t)
	serve(t, c, status(202, ""))
	var l texts
	c.Coverage().Require(&l, 0.5)
	if len(l) != 1 || !strings.Contains(l[0], "17% of the documented responses seen, want 50%") || !strings.Contains(l[0], "400  application/json  never") {
		t.Errorf("got %q", l)
	}
}

func TestCoverageRequirePasses(t *testing.T) {
	t.Parallel()
	c := mustNew(t)
	serve(t, c, status(202, ""))
	c.Coverage().Require(t, 1.0/6)
}

func TestCoverageRequireOfNothing(t *testing.T) {
	t.Parallel()
	var l texts
	if (Coverage{}).Require(&l, 1); len(l) != 1 {
		t.Errorf("got %q, want a failure", l)
	}
}

func TestCoverageIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	c := mustNew(t)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { serve(t, c, status(202, "")); c.Coverage() })
	}
	wg.Wait()
	if got := c.Coverage().Responses[0].Seen; got != 20 {
		t.Errorf("got 202 seen %d times, want 20", got)
	}
}
