package daemon_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
)

// A client of a trusted proxy that uses up its limits leaves those of the others alone, on
// both listeners.
func TestServeTrustsProxies(t *testing.T) {
	t.Parallel()
	s := clitest.NewShell(t)
	s.OK("operators", "add", "ada")
	creds := s.Account()
	baseURL, opsURL, _ := s.Serve("--role", "api", "--trusted-proxies", "127.0.0.1,10.0.0.0/8")
	send := func(client, method, url string, body string, header http.Header) int {
		r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return 0
		}
		r.Header = header.Clone()
		r.Header.Set("X-Forwarded-For", client)
		response, err := new(http.Transport).RoundTrip(r)
		if err != nil {
			t.Error(err)
			return 0
		}
		_ = response.Body.Close()
		return response.StatusCode
	}
	const attacker, merchant = "198.51.100.1, 10.0.0.7", "203.0.113.1, 10.0.0.7"
	wrongDelete := func(client string) int {
		return send(client, http.MethodDelete, baseURL+"/customers/c1", "", http.Header{
			"Public-Api-Key": {creds.PublicAPIKey}, "Private-Secret-Key": {"wrong"}, "X-Account-Code": {creds.AccountCode},
		})
	}
	wrongLogin := func(client string) int {
		return send(client, http.MethodPost, opsURL+"/login", url.Values{"name": {"ada"}, "credential": {"wrong"}}.Encode(),
			http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
	}

	for range 6 {
		wrongLogin(attacker)
	}
	if got := wrongLogin(attacker); got != http.StatusTooManyRequests {
		t.Errorf("a login after six that failed: got %d, want 429", got)
	}
	if got := wrongLogin(merchant); got != http.StatusUnauthorized {
		t.Errorf("the first login of another client: got %d, want 401", got)
	}

	// The flood goes on while the other client comes. Together they would get ten responses a
	// second.
	throttled, over := make(chan struct{}, 1), make(chan struct{})
	var flood sync.WaitGroup
	for range 100 {
		flood.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
				}
				if status := wrongDelete(attacker); status != http.StatusUnauthorized {
					select {
					case throttled <- struct{}{}:
					default:
					}
				}
			}
		})
	}
	<-throttled
	for range 30 {
		if got := wrongDelete(merchant); got != http.StatusUnauthorized {
			t.Errorf("wrong keys of another client: got %d, want 401", got)
			break
		}
	}
	close(over)
	flood.Wait()
}
