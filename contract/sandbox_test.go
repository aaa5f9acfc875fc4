package contract_test

import (
	"context"
	"testing"

	"github.com/yuno-community/yuno-customers/contract"
	"github.com/yuno-community/yuno-customers/sandbox"
)

func TestSandboxConforms(t *testing.T) {
	t.Parallel()
	contract.Exercise(t, func(t *testing.T) contract.Target {
		s := sandbox.New(t)
		ours := s.Credentials()
		customers := &store{customers: map[string]bool{}} // for its ids
		return contract.Target{
			BaseURL:       s.URL(),
			Strict:        true,
			Credentials:   contract.Credentials(ours),
			SecondAccount: contract.Credentials(s.AddAccount()),
			NewCustomer: func(ctx context.Context) (string, error) {
				id, err := customers.newCustomer(ctx)
				s.AddCustomers(ours.AccountCode, id)
				return id, err
			},
		}
	})
}
