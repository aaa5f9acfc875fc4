package client_test

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/api"
	"github.com/yuno-community/yuno-customers/client"
)

// deleteByHand is the baseline of both benchmarks: the same call with net/http
// alone, without any of this package's guarantees.
func deleteByHand(ctx context.Context, hc *http.Client, baseURL string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodDelete, baseURL+"/customers/"+customerID, nil)
	if err != nil {
		return err
	}
	req.Header.Set("x-account-code", creds.AccountCode)
	req.Header.Set("public-api-key", creds.PublicAPIKey)
	req.Header.Set("private-secret-key", creds.PrivateSecretKey)
	resp, err := hc.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusAccepted {
		return errors.New(resp.Status)
	}
	return nil
}

// generatedClient returns the generated client, configured as its documentation shows.
func generatedClient(tb testing.TB, baseURL string, hc *http.Client) *api.ClientWithResponses {
	tb.Helper()
	keys := func(_ context.Context, req *http.Request) error {
		req.Header.Set("public-api-key", creds.PublicAPIKey)
		req.Header.Set("private-secret-key", creds.PrivateSecretKey)
		return nil
	}
	generated, err := api.NewClientWithResponses(baseURL, api.WithHTTPClient(hc), api.WithRequestEditorFn(keys))
	if err != nil {
		tb.Fatal(err)
	}
	return generated
}

// BenchmarkCall measures one accepted call over a transport that does nothing.
func BenchmarkCall(b *testing.B) {
	accepted := roundTripFunc(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusAccepted, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
	})
	hc := &http.Client{Transport: accepted}
	ctx := context.Background()

	b.Run("nethttp", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := deleteByHand(ctx, hc, client.BaseURLSandbox); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("generated", func(b *testing.B) {
		generated := generatedClient(b, client.BaseURLSandbox, hc)
		params := &api.DeleteCustomerParams{AccountCode: creds.AccountCode}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := generated.DeleteCustomerWithResponse(ctx, customerID, params); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("client", func(b *testing.B) {
		c := newClient(b, client.BaseURLSandbox, client.WithHTTPClient(hc))
		b.ReportAllocs()
		for b.Loop() {
			if err := c.DeleteCustomer(ctx, customerID); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkParallel measures 64 goroutines against a loopback server.
func BenchmarkParallel(b *testing.B) {
	const goroutines = 64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
	}))
	b.Cleanup(server.Close)
	baseURL := server.URL + "/v1"
	ctx := context.Background()

	run := func(b *testing.B, call func() error) {
		b.Helper()
		b.ReportAllocs()
		var left atomic.Int64
		left.Store(int64(b.N))
		var workers sync.WaitGroup
		for range goroutines {
			workers.Go(func() {
				for left.Add(-1) >= 0 {
					if err := call(); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		workers.Wait()
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 0, math.MaxInt
	b.Cleanup(transport.CloseIdleConnections)
	hc := &http.Client{Transport: transport}

	b.Run("nethttp", func(b *testing.B) {
		run(b, func() error { return deleteByHand(ctx, hc, baseURL) })
	})
	// With the most expensive of this package's guarantees.
	b.Run("nethttp-timeout", func(b *testing.B) {
		run(b, func() error {
			ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
			defer cancel()
			return deleteByHand(ctx, hc, baseURL)
		})
	})
	b.Run("client", func(b *testing.B) {
		c := newClient(b, baseURL)
		defer c.CloseIdleConnections()
		run(b, func() error { return c.DeleteCustomer(ctx, customerID) })
	})
}
