package server_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/api"
)

// bare returns the smallest handler for this call: it reads the same headers and
// sends the same response.
func bare() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("DELETE /v1/customers/{customer_id}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("customer_id") == "" || r.Header.Get("X-Account-Code") == "" ||
			r.Header.Get("Public-Api-Key") == "" || r.Header.Get("Private-Secret-Key") == "" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("X-Request-Id", "0123456789abcdef0123456789abcdef")
		w.WriteHeader(http.StatusAccepted)
	})
	return mux
}

// nullWriter is a ResponseWriter that discards everything.
type nullWriter struct{ header http.Header }

func (w *nullWriter) Header() http.Header         { return w.header }
func (w *nullWriter) Write(p []byte) (int, error) { return len(p), nil }
func (w *nullWriter) WriteHeader(int)             {}

func TestAllocations(t *testing.T) {
	r := request(http.MethodDelete, path, nil)
	measure := func(h http.Handler) float64 {
		return testing.AllocsPerRun(1000, func() {
			h.ServeHTTP(&nullWriter{header: http.Header{}}, r)
		})
	}
	more := measure(mount(t, accepting)) - measure(bare())
	t.Logf("%.0f allocations more than a bare handler", more)
	// Reading a parameter takes some, and a specification may have more of them.
	if limit := float64(18 + 2*reflect.TypeFor[api.DeleteCustomerParams]().NumField()); more > limit {
		t.Errorf("%.0f allocations more than a bare handler, want at most %.0f", more, limit)
	}
}

func BenchmarkHandler(b *testing.B) {
	for name, h := range map[string]http.Handler{"bare": bare(), "server": mount(b, accepting)} {
		b.Run(name, func(b *testing.B) {
			r := request(http.MethodDelete, path, nil)
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(&nullWriter{header: http.Header{}}, r)
			}
		})
	}
}

// BenchmarkStaticKeys shows that an unknown public key takes as long as a wrong secret
// key.
func BenchmarkStaticKeys(b *testing.B) {
	for name, edit := range map[string]func(*http.Request){
		"unknown public key": with("Public-Api-Key", "sandbox_unknown"),
		"wrong secret key":   with("Private-Secret-Key", "sandbox_wrong_secret_______"),
	} {
		b.Run(name, func(b *testing.B) {
			h := mount(b, accepting)
			r := request(http.MethodDelete, path, edit)
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(&nullWriter{header: http.Header{}}, r)
			}
		})
	}
}

// BenchmarkLoopback alternates between a bare handler and ours and reports the median
// ratio of their rates in two consecutive turns. Other load on the machine then slows
// both down, or is an outlier.
//
// The client shares the machine with the servers. Callers use the client of net/http;
// the wire client costs almost nothing, so it shows the largest difference between
// the servers.
func BenchmarkLoopback(b *testing.B) {
	b.Run("client=nethttp", func(b *testing.B) { benchmarkLoopback(b, newHTTPLane) })
	b.Run("client=wire", func(b *testing.B) { benchmarkLoopback(b, newWireLane) })
}

func benchmarkLoopback(b *testing.B, newLane func(b *testing.B, address string) lane) {
	const turn, clients = 400, 8
	lanes := make([][]lane, 2)
	for i, h := range []http.Handler{bare(), mount(b, accepting)} {
		s := httptest.NewServer(h)
		b.Cleanup(s.Close)
		for range clients {
			lanes[i] = append(lanes[i], newLane(b, s.Listener.Addr().String()))
		}
	}
	var bareRates, rates, ratios []float64
	for b.Loop() {
		bareRate := takeTurn(lanes[0], turn/clients)
		rate := takeTurn(lanes[1], turn/clients)
		bareRates, rates, ratios = append(bareRates, bareRate), append(rates, rate), append(ratios, rate/bareRate)
	}
	b.ReportMetric(median(bareRates), "bare-req/s")
	b.ReportMetric(median(rates), "server-req/s")
	b.ReportMetric(median(ratios), "ratio")
}

// lane sends one request that is accepted, over its own connection.
type lane func()

// takeTurn sends n requests per lane and returns the total requests per second.
func takeTurn(lanes []lane, n int) float64 {
	start := time.Now()
	var wg sync.WaitGroup
	for _, send := range lanes {
		wg.Go(func() {
			for range n {
				send()
			}
		})
	}
	wg.Wait()
	return float64(n*len(lanes)) / time.Since(start).Seconds()
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

func newHTTPLane(b *testing.B, address string) lane {
	transport := &http.Transport{}
	b.Cleanup(transport.CloseIdleConnections)
	r := request(http.MethodDelete, "http://"+address+path, nil)
	r.RequestURI = "" // set by httptest; a client request must not have it
	return func() {
		resp, err := transport.RoundTrip(r)
		if err != nil || resp.StatusCode != http.StatusAccepted {
			b.Errorf("got %v, %v", resp, err)
			return
		}
		_ = resp.Body.Close()
	}
}

func newWireLane(b *testing.B, address string) lane {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	buf := make([]byte, 4096)
	return func() {
		if _, err := io.WriteString(conn, head+"\r\n"); err != nil {
			b.Error(err)
			return
		}
		// The response is small, has no body, and arrives in one piece.
		n, err := conn.Read(buf)
		if err != nil || string(buf[:12]) != "HTTP/1.1 202" || string(buf[n-4:n]) != "\r\n\r\n" {
			b.Errorf("got %q, %v", buf[:n], err)
		}
	}
}
