package sqlstore_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// person is the number of a customer. Every number has different data.
type person int

func (p person) id() string         { return fmt.Sprintf("customer-%05d-000000000000000000000", int(p)) }
func (p person) merchantID() string { return fmt.Sprintf("merchantref%05d", int(p)) }
func (p person) reference() string  { return fmt.Sprintf("cus_reference%05d", int(p)) }

// secrets returns the data of a person that must not be readable in the database.
func (p person) secrets() []string {
	return []string{
		fmt.Sprintf("ana.silva.%05d@example.com", int(p)), fmt.Sprintf("Anamaria%05d", int(p)),
		fmt.Sprintf("DOC%05d77", int(p)), p.merchantID(), p.reference(),
	}
}

func (p person) customer() erasure.Customer {
	s := p.secrets()
	personal, _ := json.Marshal(map[string]any{
		"id": p.id(), "email": s[0], "first_name": s[1], "document": map[string]string{"document_number": s[2]},
		"metadata": strings.Repeat("m", 500*(int(p)%7)), // some rows do not fit on a page
	})
	return erasure.Customer{
		ID: p.id(), MerchantCustomerID: p.merchantID(), Personal: personal,
		Connections: []erasure.Connection{{Provider: "stripe", References: erasure.References{Customer: p.reference()}}},
	}
}

// createAccount adds the account of fill.
func createAccount(t testing.TB, store *sqlstore.Store) {
	t.Helper()
	account := erasure.Account{Code: account, PublicKey: "public", CreatedAt: start}
	if err := store.CreateAccount(t.Context(), account); err != nil {
		t.Fatal(err)
	}
}

// noQueue enqueues nothing.
func noQueue(context.Context, *sql.Tx, []erasure.Job) error { return nil }

// fill adds an account with the customers person(0) to person(n-1). Each has used one
// provider.
func fill(t testing.TB, store *sqlstore.Store, n int) {
	t.Helper()
	createAccount(t, store)
	customers := make([]erasure.Customer, n)
	for i := range customers {
		customers[i] = person(i).customer()
	}
	if err := store.Import(t.Context(), account, customers); err != nil {
		t.Fatal(err)
	}
}

// eraseOne accepts the erasure of one of fill's customers, and returns its target.
func eraseOne(t testing.TB, store *sqlstore.Store, i int) string {
	t.Helper()
	e, err := store.Accept(t.Context(), acceptOf(i), noQueue)
	if err != nil {
		t.Fatal(err)
	}
	return e.Targets[0].ID
}

// succeed makes one attempt at a target, which succeeds.
func succeed(ctx context.Context, store *sqlstore.Store, targetID string) error {
	attempt, err := store.Begin(ctx, targetID, start)
	if err != nil {
		return err
	}
	return store.Finish(ctx, erasure.FinishRequest{
		TargetID: targetID, Attempt: attempt.Target.Attempts, At: start, State: erasure.TargetSucceeded, Status: 200,
	}, nil)
}

// acceptOf requests the erasure of one of fill's customers.
func acceptOf(i int) erasure.AcceptRequest {
	return erasure.AcceptRequest{
		AccountCode: account, CustomerID: person(i).id(), At: start, Deadline: start.AddDate(0, 1, 0),
	}
}
