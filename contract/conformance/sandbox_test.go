package conformance_test

import (
	"context"
	"testing"

	"github.com/yuno-community/yuno-customers/contract/conformance"
	"github.com/yuno-community/yuno-customers/sandbox"
)

func TestSandboxConforms(t *testing.T) {
	t.Parallel()
	conformance.Exercise(t, func(t *testing.T) conformance.Target {
		s := sandbox.New(t)
		ours := s.Credentials()
		customers := &store{customers: map[string]bool{}} // supplies ids
		return conformance.Target{
			BaseURL:       s.URL(),
			Strict:        true,
			Credentials:   ours,
			SecondAccount: s.AddAccount(),
			NewCustomer: func(ctx context.Context) (string, error) {
				id, err := customers.newCustomer(ctx)
				if err != nil {
					return "", err
				}
				return id, s.AddCustomers(ours.AccountCode, id)
			},
		}
	})
}
