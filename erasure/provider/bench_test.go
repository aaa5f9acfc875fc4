package provider

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
)

// BenchmarkErase is what an erasure costs here, without a network: six calls
// planned, sent and judged.
func BenchmarkErase(b *testing.B) {
	d, err := parseDescription("everywhere.yaml", []byte(everywhere))
	if err != nil {
		b.Fatal(err)
	}
	const body = `{"id":"c","object":"customer","deleted":true}`
	c := &Connection{
		name: "bench", description: d, timeout: defaultTimeout,
		proof:   newProof(),
		limiter: newLimiter(Limits{PerSecond: 1e6, Concurrency: 1000}),
		client: &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
		})},
		parameters: map[string]value{
			"base_url": {reveal: func() string { return "http://127.0.0.1:1" }},
			"key":      {secret: true, reveal: func() string { return secret }},
		},
	}
	refs := erasure.References{Customer: "cus_1", Tokens: []string{"tok_1"}, Payments: []string{"pay_1"}}
	b.ReportAllocs()
	for b.Loop() {
		if outcome := c.Erase(b.Context(), erasure.Progress{References: refs}); outcome.Kind != erasure.OutcomeSucceeded {
			b.Fatalf("%+v", outcome)
		}
	}
	b.ReportMetric(float64(len(d.calls)), "calls/op")
}
