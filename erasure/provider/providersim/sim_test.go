package providersim

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yuno-community/yuno-customers/internal/pipenet"
)

func start(t *testing.T, name string) *Sim {
	t.Helper()
	shape, ok := ShapeOf(name)
	if !ok {
		t.Fatalf("no shape %s", name)
	}
	s, err := Start(shape)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// send asks Stripe's shape to delete a customer.
func send(t *testing.T, s *Sim, reference string) (*http.Response, string, error) {
	t.Helper()
	return sendTo(t, http.MethodDelete, s.URL()+"/v1/customers/"+reference, "")
}

func sendTo(t *testing.T, method, url, body string) (*http.Response, string, error) {
	t.Helper()
	return sendBy(t, &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, method, url, body)
}

func sendBy(t *testing.T, client *http.Client, method, url, body string) (*http.Response, string, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, proof := range []string{"Authorization", "X-API-Key", "signature"} {
		request.Header.Set(proof, "me")
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response, string(text), err
}

func TestEveryShape(t *testing.T) {
	t.Parallel()
	// How each shape is asked to delete "ref".
	requests := map[string][]string{
		"adyen":        {"DELETE /v72/storedPaymentMethods/ref", `POST /ca/services/DataProtectionService/v1/requestSubjectErasure {"pspReference":"ref"}`},
		"braintree":    {"DELETE /merchants/m/customers/ref"},
		"checkout_com": {"DELETE /instruments/ref", "DELETE /customers/ref"},
		"conekta":      {"DELETE /customers/ref"},

		"checkout_com_previous": {"DELETE /instruments/ref", "DELETE /customers/ref"},

		"mercado_pago": {"DELETE /v1/customers/c/cards/ref", "DELETE /v1/customers/ref", "DELETE /v1/customers/ref/delete"},
		"mollie":       {"DELETE /v2/customers/ref"},
		"openpay":      {"DELETE /v1/m/customers/c/cards/ref", "DELETE /v1/m/customers/ref"},
		"paddle":       {`PATCH /customers/ref {"status":"archived"}`},
		"paypal":       {"DELETE /v3/vault/payment-tokens/ref"},
		"rapyd":        {"DELETE /v1/customers/ref"},
		"razorpay":     {"DELETE /v1/customers/c/tokens/ref"},
		"square":       {"POST /v2/cards/ref/disable", "DELETE /v2/customers/ref"},
		"stripe":       {"DELETE /v1/customers/ref"},
	}
	for _, shape := range Shapes() {
		if len(requests[shape.Name]) != len(shape.Calls) {
			t.Errorf("%s has %d calls, tried %d", shape.Name, len(shape.Calls), len(requests[shape.Name]))
			continue
		}
		for i, call := range shape.Calls {
			t.Run(shape.Name+"/"+call.Pattern, func(t *testing.T) {
				t.Parallel()
				s := start(t, shape.Name)
				parts := strings.SplitN(requests[shape.Name][i], " ", 3)
				body := strings.Join(parts[2:], "")
				again := call.Gone
				switch {
				case call.Repeatable && call.Again.Status != 0:
					again = call.Again
				case call.Repeatable:
					again = call.Deleted
				}
				for n, want := range []Response{call.Deleted, again} {
					response, text, err := sendTo(t, parts[0], s.URL()+parts[1], body)
					if err != nil {
						t.Fatal(err)
					}
					if response.StatusCode != want.Status || text != want.Body {
						t.Errorf("time %d: got %d %s, want %d %s", n+1, response.StatusCode, text, want.Status, want.Body)
					}
				}
				if r := s.Record("ref"); r != (Record{Asked: 2, Deleted: 1, Gone: 1}) {
					t.Errorf("%+v", r)
				}
				if got := s.Requests(); len(got) != 2 || got[0].Method != parts[0] || got[0].URI != parts[1] || got[0].Body != body {
					t.Errorf("requests %+v", got)
				}
			})
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault   Fault
		check   func(t *testing.T, response *http.Response, body string, err error)
		deleted int
	}{
		"OK":          {OK(), wantStatus(200, ""), 1},
		"Zero":        {Fault{}, wantStatus(200, ""), 1},
		"Fail":        {Fail(500), wantStatus(500, ""), 0},
		"RateLimited": {RateLimited(90 * time.Second), wantStatus(429, "90"), 0},
		"Plain429":    {RateLimited(0), wantStatus(429, ""), 0},
		"Unavailable": {Unavailable(5 * time.Second), wantStatus(503, "5"), 0},
		"Redirect":    {Redirect(), wantStatus(302, ""), 0},
		"ResetBefore": {ResetBefore(), wantReset, 0},
		"ResetAfter":  {ResetAfter(), wantReset, 1},
		"Wrong": {Wrong(), func(t *testing.T, response *http.Response, body string, err error) {
			if err != nil || response.StatusCode != 200 || !strings.Contains(body, "error") {
				t.Errorf("got %v %s, %v", response, body, err)
			}
		}, 0},
		"Page": {Page(), func(t *testing.T, response *http.Response, body string, err error) {
			if err != nil || response.StatusCode != 200 || response.Header.Get("Content-Type") != "text/html" || !strings.HasPrefix(body, "<html>") {
				t.Errorf("got %v %s, %v", response, body, err)
			}
		}, 0},
		"NotFoundPage": {NotFoundPage(), func(t *testing.T, response *http.Response, body string, err error) {
			if err != nil || response.StatusCode != 404 || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/html") || !strings.HasPrefix(body, "<html>") {
				t.Errorf("got %v %s, %v", response, body, err)
			}
		}, 0},
		"Pretend": {Pretend(), wantStatus(200, ""), 0},
		"HugeBody": {HugeBody(), func(t *testing.T, response *http.Response, body string, err error) {
			if err != nil || response.StatusCode != 200 || len(body) != 1<<20 {
				t.Errorf("got %v with %d bytes, %v", response, len(body), err)
			}
		}, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, "stripe")
			s.Script(test.fault)
			response, body, err := send(t, s, "cus_1")
			test.check(t, response, body, err)
			if r := s.Record("cus_1"); r.Deleted != test.deleted || r.Asked != 1 || r.Gone != 0 {
				t.Errorf("%+v, want %d deletions", r, test.deleted)
			}
			// The script is over.
			if response, _, err := send(t, s, "cus_2"); err != nil || response.StatusCode != 200 {
				t.Errorf("then: %v, %v", response, err)
			}
		})
	}
}

// These never end by themselves, so the client's time limit ends them.
func TestEndlessFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault   Fault
		deleted int
	}{
		"Hang":      {Hang(), 0},
		"HangAfter": {HangAfter(), 1},
		"SlowBody":  {SlowBody(time.Hour), 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				listener := pipenet.Listen()
				shape, _ := ShapeOf("stripe")
				s := StartOn(listener, shape)
				defer func() {
					if err := s.Close(); err != nil {
						t.Error(err)
					}
				}()
				s.Script(test.fault)
				client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{DialContext: listener.DialContext}}
				response, _, err := sendBy(t, client, http.MethodDelete, s.URL()+"/v1/customers/cus_1", "")
				var timeout interface{ Timeout() bool }
				if !errors.As(err, &timeout) || !timeout.Timeout() {
					t.Errorf("got %v, %v; want a timeout", response, err)
				}
				if r := s.Record("cus_1"); r.Deleted != test.deleted || r.Asked != 1 || r.Gone != 0 {
					t.Errorf("%+v, want %d deletions", r, test.deleted)
				}
			})
		})
	}
}

func wantStatus(status int, retryAfter string) func(*testing.T, *http.Response, string, error) {
	return func(t *testing.T, response *http.Response, _ string, err error) {
		if err != nil || response.StatusCode != status || response.Header.Get("Retry-After") != retryAfter {
			t.Errorf("got %v, %v; want %d with Retry-After %q", response, err, status, retryAfter)
		}
	}
}

func wantReset(t *testing.T, response *http.Response, _ string, err error) {
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v, %v; want a reset", response, err)
	}
}

func TestSim(t *testing.T) {
	t.Parallel()
	t.Run("Forget", func(t *testing.T) {
		t.Parallel()
		s := start(t, "stripe")
		s.Forget("cus_1")
		if response, _, err := send(t, s, "cus_1"); err != nil || response.StatusCode != 404 {
			t.Errorf("got %v, %v", response, err)
		}
		if r := s.Record("cus_1"); r.Asked != 1 || r.Deleted != 0 || r.Gone != 1 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("MisbehaveAfterTheScript", func(t *testing.T) {
		t.Parallel()
		s := start(t, "stripe")
		s.Script(Fail(418))
		s.Misbehave(func(n int) Fault { return Fail(500 + n) })
		for _, want := range []int{418, 501, 502} {
			if response, _, err := send(t, s, "cus_1"); err != nil || response.StatusCode != want {
				t.Errorf("got %v, %v; want %d", response, err, want)
			}
		}
		s.Misbehave(nil)
		if response, _, err := send(t, s, "cus_1"); err != nil || response.StatusCode != 200 {
			t.Errorf("got %v, %v", response, err)
		}
	})
	t.Run("WhoIsAsking", func(t *testing.T) {
		t.Parallel()
		s := start(t, "stripe")
		request, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, s.URL()+"/v1/customers/cus_1", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := (&http.Client{Transport: &http.Transport{}}).Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != 401 || s.Record("cus_1").Asked != 0 {
			t.Errorf("got %d, %+v", response.StatusCode, s.Record("cus_1"))
		}
	})
	t.Run("References", func(t *testing.T) {
		t.Parallel()
		s := start(t, "stripe")
		for _, reference := range []string{"b", "a%2Fb", "a"} {
			if _, _, err := send(t, s, reference); err != nil {
				t.Fatal(err)
			}
		}
		if got := strings.Join(s.References(), " "); got != "a a/b b" {
			t.Errorf("got %s", got)
		}
		if r := s.Record("never"); r != (Record{}) {
			t.Errorf("got %+v", r)
		}
	})
	t.Run("AccessToken", func(t *testing.T) {
		t.Parallel()
		s := start(t, "paypal")
		s.Script(Fail(500)) // for deletions, not for tokens
		response, body, err := sendTo(t, http.MethodPost, s.URL()+"/v1/oauth2/token", "grant_type=client_credentials")
		if err != nil || response.StatusCode != 200 || !strings.Contains(body, `"access_token":"simulated"`) {
			t.Errorf("got %v %s, %v", response, body, err)
		}
	})
	t.Run("ElsewhereIsRecorded", func(t *testing.T) {
		t.Parallel()
		s := start(t, "stripe")
		if response, _, err := sendTo(t, http.MethodGet, s.URL()+"/elsewhere", ""); err != nil || response.StatusCode != 404 {
			t.Errorf("got %v, %v", response, err)
		}
		if got := s.Requests(); len(got) != 1 || got[0].URI != "/elsewhere" {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("VerifiesWhatIsDeleted", func(t *testing.T) {
		t.Parallel()
		s := start(t, "stripe")
		read := func() string {
			_, body, err := sendTo(t, http.MethodGet, s.URL()+"/v1/customers/cus_1", "")
			if err != nil {
				t.Fatal(err)
			}
			return body
		}
		s.Script(Pretend())
		for i, deleted := range []bool{false, true} {
			if _, body, err := send(t, s, "cus_1"); err != nil || !strings.Contains(body, `"deleted":true`) {
				t.Errorf("got %s, %v", body, err)
			}
			if body := read(); strings.Contains(body, `"deleted":true`) != deleted {
				t.Errorf("time %d: read %s", i+1, body)
			}
		}
		s.ScriptReads(NotFoundPage(), Fail(503))
		for _, want := range []int{404, 503, 200} {
			if response, _, err := sendTo(t, http.MethodGet, s.URL()+"/v1/balance", ""); err != nil || response.StatusCode != want {
				t.Errorf("got %v, %v; want %d", response, err, want)
			}
		}
		var references []string
		s.MisbehaveReads(func(reference string) Fault {
			references = append(references, reference)
			return Fail(503)
		})
		for _, path := range []string{"/v1/balance", "/v1/customers/cus_1"} {
			if response, _, err := sendTo(t, http.MethodGet, s.URL()+path, ""); err != nil || response.StatusCode != 503 {
				t.Errorf("%s: got %v, %v; want 503", path, response, err)
			}
		}
		if !slices.Equal(references, []string{"", "cus_1"}) {
			t.Errorf("reads of %q", references)
		}
	})
	t.Run("ReachesAnotherPlace", func(t *testing.T) {
		t.Parallel()
		s := start(t, "stripe")
		for place, want := range map[Place][2]string{
			Right:        {`"livemode":true`, "account_simulated"},
			OtherMode:    {`"livemode":false`, "account_simulated"},
			OtherAccount: {`"livemode":true`, "account_other"},
		} {
			s.Reach(place)
			for i, path := range []string{"/v1/balance", "/v1/account"} {
				if _, body, err := sendTo(t, http.MethodGet, s.URL()+path, ""); err != nil || !strings.Contains(body, want[i]) {
					t.Errorf("place %d: got %s, %v", place, body, err)
				}
			}
			if place == Right {
				continue
			}
			if response, _, err := send(t, s, "cus_1"); err != nil || response.StatusCode != 404 {
				t.Errorf("place %d: got %v, %v", place, response, err)
			}
		}
		s.Reach(Right)
		if response, _, err := send(t, s, "cus_1"); err != nil || response.StatusCode != 200 {
			t.Errorf("back: got %v, %v", response, err)
		}
	})
	t.Run("BadBody", func(t *testing.T) {
		t.Parallel()
		s := start(t, "adyen")
		for _, body := range []string{"", "{}", "[]", `{"pspReference":7}`} {
			response, _, err := sendTo(t, http.MethodPost, s.URL()+"/ca/services/DataProtectionService/v1/requestSubjectErasure", body)
			if err != nil || response.StatusCode != 400 {
				t.Errorf("%q: got %v, %v", body, response, err)
			}
		}
	})
	t.Run("Parameters", func(t *testing.T) {
		t.Parallel()
		s := start(t, "adyen")
		if got := s.Parameters(); len(got) != 2 || got["checkout_url"] != s.URL()+"/v72" {
			t.Errorf("got %v", got)
		}
	})
	t.Run("CloseEndsAnotherProtocol", func(t *testing.T) {
		t.Parallel()
		shape, _ := ShapeOf("stripe")
		s, err := Start(shape)
		if err != nil {
			t.Fatal(err)
		}
		s.Script(Switching())
		request, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, s.URL()+"/v1/customers/x", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "me")
		response, err := (&http.Client{Transport: &http.Transport{}}).Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusSwitchingProtocols || s.Record("x").Deleted != 0 {
			t.Errorf("got %d, %+v", response.StatusCode, s.Record("x"))
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		_, _ = io.Copy(io.Discard, response.Body) // ends because the simulator has closed it
	})
	t.Run("CloseEndsWhatHangs", func(t *testing.T) {
		t.Parallel()
		shape, _ := ShapeOf("stripe")
		s, err := Start(shape)
		if err != nil {
			t.Fatal(err)
		}
		asked := make(chan struct{})
		s.Misbehave(func(int) Fault {
			close(asked)
			return Hang()
		})
		ended := make(chan error, 1)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, s.URL()+"/v1/customers/x", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "me")
		go func() {
			response, err := (&http.Client{Transport: &http.Transport{}}).Do(request)
			if err == nil {
				response.Body.Close()
			}
			ended <- err
		}()
		<-asked
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; err == nil {
			t.Error("the request that hung got a response")
		}
	})
}
