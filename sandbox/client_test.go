package sandbox_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// The real client waits for two attempts that stall until their timeout, a minute and a
// half in the time of the bubble. The third attempt is accepted.
func TestStallsWithTheClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sb := sandbox.New(t, sandbox.WithoutListener(), sandbox.WithCustomers("c1"))
		c, err := client.New(sb.Credentials(),
			client.WithBaseURL(sb.URL()),
			client.WithHTTPClient(&http.Client{Transport: sb.Transport()}),
			client.WithAttemptTimeout(45*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		sb.FailNext(sandbox.Fault{Latency: time.Minute}.Times(2)...)
		start := time.Now()
		if err := c.DeleteCustomer(context.Background(), "c1"); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < 90*time.Second || took > 100*time.Second {
			t.Errorf("took %v in the bubble, want two timeouts of 45s and two short waits", took)
		}
		if got := len(sb.Requests()); got != 3 {
			t.Errorf("got %d requests, want 3", got)
		}
	})
}

func TestStalledBodyWithTheClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sb := sandbox.New(t, sandbox.WithoutListener(), sandbox.WithCustomers("c1"))
		c, err := client.New(sb.Credentials(),
			client.WithBaseURL(sb.URL()),
			client.WithHTTPClient(&http.Client{Transport: sb.Transport()}),
			client.WithRetry(0, time.Second),
			client.WithAttemptTimeout(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		sb.FailNext(sandbox.Fault{Kind: sandbox.StalledBody})
		start := time.Now()
		if err := c.DeleteCustomer(t.Context(), "c1"); err != nil {
			t.Errorf("got %v, want success, because the 202 came before the body", err)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("took %v, want at most the attempt's minute", took)
		}
	})
}
