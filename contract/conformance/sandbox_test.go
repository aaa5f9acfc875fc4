package conformance_test

import (
	"context"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/contract/conformance"
	"github.com/yuno-community/yuno-customers/sandbox"
)

// sandboxTarget returns a sandbox whose customers have personal data.
func sandboxTarget(t *testing.T, opts ...sandbox.Option) conformance.Target {
	t.Helper()
	s := sandbox.New(t, opts...)
	ours := s.Credentials()
	ids := &store{customers: map[string]bool{}}
	return conformance.Target{
		BaseURL:       s.URL(),
		Strict:        true,
		Credentials:   ours,
		SecondAccount: s.AddAccount(),
		NewCustomer: func(ctx context.Context) (string, error) {
			id, err := ids.newCustomer(ctx)
			if err != nil {
				return "", err
			}
			return id, s.AddCustomer(ours.AccountCode, sandbox.Customer{
				ID: id, MerchantCustomerID: "Merchant " + id[30:], FirstName: "Ada", Email: "ada." + id[30:] + "@example.com",
			})
		},
	}
}

func TestSandboxConforms(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]sandbox.Option{
		"Deletes":       nil,
		"Anonymises":    {sandbox.WithAnonymisation("")},
		"Masks":         {sandbox.WithAnonymisation("REDACTED")},
		"NotFoundIs404": {sandbox.WithNotFoundStatus(404)},
		"MasksWith404":  {sandbox.WithAnonymisation("***"), sandbox.WithNotFoundStatus(404)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conformance.Exercise(t, func(t *testing.T) conformance.Target { return sandboxTarget(t, opts...) })
		})
	}
}

// Every case judges the sandbox, except those that its reads or the options exclude.
func TestSandboxServesEveryOperation(t *testing.T) {
	t.Parallel()
	report, err := conformance.Run(t.Context(), sandboxTarget(t, sandbox.WithNotFoundStatus(404)))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range report.Results {
		if r.Outcome == conformance.Skipped && r.Name != "method-get" && r.Name != "key-check-time" && !strings.Contains(r.Reason, "HTTP/2") && r.Name != "accepted-is-gone" {
			t.Errorf("%s skipped: %s", r.Name, r.Reason)
		}
	}
}

// Without personal data, an anonymised customer looks like one who is still there.
func TestSandboxWithoutPersonalData(t *testing.T) {
	t.Parallel()
	s := sandbox.New(t, sandbox.WithAnonymisation(""))
	target := conformance.Target{BaseURL: s.URL(), Credentials: s.Credentials()}
	ids := &store{customers: map[string]bool{}}
	target.NewCustomer = func(ctx context.Context) (string, error) {
		id, err := ids.newCustomer(ctx)
		if err != nil {
			return "", err
		}
		return id, s.AddCustomers(target.Credentials.AccountCode, id)
	}
	report, err := conformance.Run(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Err(); err != nil {
		t.Error(err)
	}
	n := 0
	for _, r := range report.Results {
		if r.Outcome == conformance.Skipped && strings.HasPrefix(r.Reason, "needs customers with personal data") {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d cases skipped for want of personal data, want 2", n)
	}
}
