package contract

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Coverage counts how often each documented response has been seen without a violation.
// Coverages of several Checkers can be merged, and encoded as JSON.
type Coverage struct {
	Responses []CoveredResponse `json:"responses"`
}

// CoveredResponse is one documented response.
type CoveredResponse struct {
	Operation string `json:"operation"`
	Method    string `json:"method"`
	Path      string `json:"path"`
	Status    int    `json:"status"`               // 0 if Range is set
	Range     string `json:"range,omitempty"`      // "default" or, for example, "4XX"
	MediaType string `json:"media_type,omitempty"` // several are separated by ", "; "" if the response has no body
	Seen      int64  `json:"seen"`
}

// Coverage returns what the Checker has seen so far, sorted by path, method and status.
func (c *Checker) Coverage() Coverage {
	var cov Coverage
	for _, o := range c.doc.operations {
		for key, r := range o.responses {
			covered := CoveredResponse{
				Operation: o.id, Method: o.method, Path: o.template,
				MediaType: strings.Join(r.types, ", "), Seen: r.seen.Load(),
			}
			var err error
			if covered.Status, err = strconv.Atoi(key); err != nil {
				covered.Range = key
			}
			cov.Responses = append(cov.Responses, covered)
		}
	}
	cov.sort()
	return cov
}

// response returns the key of the response in the document.
func (r CoveredResponse) response() string {
	if r.Range != "" {
		return r.Range
	}
	return strconv.Itoa(r.Status)
}

func (c Coverage) sort() {
	slices.SortFunc(c.Responses, func(a, b CoveredResponse) int {
		if d := strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method); d != 0 {
			return d
		}
		return strings.Compare(a.response(), b.response())
	})
}

// Merge returns the sum of both. It keeps responses that only one of them lists.
func (c Coverage) Merge(other Coverage) Coverage {
	sum := Coverage{Responses: slices.Clone(c.Responses)}
	for _, o := range other.Responses {
		i := slices.IndexFunc(sum.Responses, func(r CoveredResponse) bool {
			return r.Method == o.Method && r.Path == o.Path && r.response() == o.response()
		})
		if i < 0 {
			sum.Responses = append(sum.Responses, o)
			continue
		}
		sum.Responses[i].Seen += o.Seen
	}
	sum.sort()
	return sum
}

// Missing returns the documented responses that were never seen.
func (c Coverage) Missing() []CoveredResponse {
	var missing []CoveredResponse
	for _, r := range c.Responses {
		if r.Seen == 0 {
			missing = append(missing, r)
		}
	}
	return missing
}

// Ratio returns the part of the documented responses that was seen, from 0 to 1. It is 0 if
// none is documented.
func (c Coverage) Ratio() float64 {
	if len(c.Responses) == 0 {
		return 0
	}
	return float64(len(c.Responses)-len(c.Missing())) / float64(len(c.Responses))
}

// Require fails t, with the table, if less than the given part of the documented responses
// was seen; 1 means all of them.
func (c Coverage) Require(t TestingT, ratio float64) {
	t.Helper()
	if got := c.Ratio(); got < ratio {
		t.Errorf("contract: %.0f%% of the documented responses seen, want %.0f%%\n%s", 100*got, 100*ratio, c)
	}
}

// String returns a table of all documented responses.
func (c Coverage) String() string {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "response\tbody\tseen")
	for _, r := range c.Responses {
		seen, body := strconv.FormatInt(r.Seen, 10), "none"
		if r.Seen == 0 {
			seen = "never"
		}
		if r.MediaType != "" {
			body = r.MediaType
		}
		fmt.Fprintf(table, "%s %s %s\t%s\t%s\n", r.Method, r.Path, r.response(), body, seen)
	}
	_ = table.Flush() // a strings.Builder does not fail
	return b.String()
}
