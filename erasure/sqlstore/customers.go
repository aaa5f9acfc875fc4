package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/seal"
)

// links is the part of a customer that an erasure needs. It is sealed separately
// from the personal data, so that accepting an erasure does not decrypt that.
type links struct {
	// MerchantCustomerID is kept because Rewrap recomputes its HMAC.
	MerchantCustomerID string               `json:"merchant_customer_id,omitempty"`
	Connections        []erasure.Connection `json:"connections,omitempty"`
}

// openLinks unwraps a customer's key and opens its links.
func (s *Store) openLinks(ctx context.Context, db querier, account, id string, wrapped, sealed []byte) (l links, err error) {
	key, err := s.ring.OpenKey(wrapped, customerKey(account, id))
	if err != nil {
		return l, s.cannotOpen(ctx, db, err)
	}
	data, err := key.Open(sealed, customerLinks(account, id))
	if err != nil {
		return l, unreadable(err)
	}
	if json.Unmarshal(data, &l) != nil { // the error would quote the data
		return l, unreadable(errors.New("not the JSON that was sealed"))
	}
	return l, nil
}

func unreadable(err error) error { return fmt.Errorf("%w: %w", erasure.ErrUnreadable, err) }

const upsertCustomer = `
INSERT INTO customers (account_code, id, key, personal, links, merchant_mac)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (account_code, id) DO UPDATE
SET key = excluded.key, personal = excluded.personal, links = excluded.links, merchant_mac = excluded.merchant_mac
WHERE customers.erased_at IS NULL`

// Import adds customers to an account, and replaces live ones with the same id. It
// imports all records or none. Of two records with the same id the later one counts,
// as if they had come in two batches.
//
// The error joins one [*erasure.ImportError] per rejected record: an invalid one, or
// [erasure.ErrErased] for a customer that was erased. It contains none of the data.
// [erasure.ErrNotFound] means that there is no such account, and
// [*erasure.KeyMissingError] that this process lacks the newest master key.
func (s *Store) Import(ctx context.Context, accountCode string, customers []erasure.Customer) error {
	var mistakes []error
	for i := range customers {
		if err := customers[i].Validate(); err != nil {
			mistakes = append(mistakes, &erasure.ImportError{Index: i, Err: err})
		}
	}
	if err := errors.Join(mistakes...); err != nil {
		return err
	}
	if !storable(accountCode) {
		return erasure.ErrNotFound
	}
	var counted func()
	err := s.write(ctx, func(tx *sql.Tx) (err error) {
		if err := s.importAll(ctx, tx, accountCode, customers); err != nil {
			return err
		}
		counted, err = s.recordImport(ctx, tx, accountCode, len(customers))
		return err
	})
	if err == nil {
		counted()
		s.requestClean() // the files contain the records that were replaced
	}
	return err
}

func (s *Store) importAll(ctx context.Context, tx *sql.Tx, account string, customers []erasure.Customer) error {
	var one int
	err := tx.QueryRowContext(ctx, `SELECT 1 FROM accounts WHERE code = $1`, account).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return erasure.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	sealer, err := s.sealer(ctx, tx)
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	upsert, err := tx.PrepareContext(ctx, upsertCustomer)
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	defer func() { _ = upsert.Close() }()
	var mistakes []error
	for _, i := range orderByID(customers) {
		args, err := sealCustomer(sealer, account, &customers[i])
		if err != nil {
			return fmt.Errorf("import: %w", err)
		}
		written, err := changedOne(upsert.ExecContext(ctx, args...))
		if err != nil {
			return fmt.Errorf("import: %w", err)
		}
		if !written {
			mistakes = append(mistakes, &erasure.ImportError{Index: i, Err: erasure.ErrErased})
		}
	}
	slices.SortFunc(mistakes, func(a, b error) int {
		return a.(*erasure.ImportError).Index - b.(*erasure.ImportError).Index
	})
	return errors.Join(mistakes...)
}

// orderByID returns the indices of customers, ordered by id. Two imports of the same
// customers lock them in the same order, so they cannot deadlock.
func orderByID(customers []erasure.Customer) []int {
	order := make([]int, len(customers))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(customers[a].ID, customers[b].ID) })
	return order
}

// sealCustomer returns the arguments of upsertCustomer.
func sealCustomer(sealer seal.Sealer, account string, c *erasure.Customer) ([]any, error) {
	data, err := json.Marshal(links{c.MerchantCustomerID, c.Connections})
	if err != nil {
		return nil, errors.New("the connections are not JSON") // the error could quote them
	}
	key, wrapped := sealer.NewKey(customerKey(account, c.ID))
	return []any{
		account, c.ID, wrapped,
		key.Seal(c.Personal, customerPersonal(account, c.ID)),
		key.Seal(data, customerLinks(account, c.ID)),
		merchantMAC(sealer, account, c.MerchantCustomerID),
	}, nil
}

// merchantMAC returns the HMAC by which a customer is found; NULL for an empty id.
func merchantMAC(sealer seal.Sealer, account, merchantCustomerID string) any {
	if merchantCustomerID == "" {
		return nil
	}
	return sealer.Lookup(merchantCustomerID, customerMerchant(account))
}

// CustomersByMerchantID returns the ids of the account's live customers with that
// merchant_customer_id, in order. There can be several, since Import does not
// require the merchant's ids to be unique. The error is an [*erasure.KeyMissingError] if
// this process could miss some because it lacks a master key.
func (s *Store) CustomersByMerchantID(ctx context.Context, accountCode, merchantCustomerID string) ([]string, error) {
	if !storable(accountCode) || merchantCustomerID == "" {
		return nil, nil
	}
	if err := s.checkActive(ctx); err != nil {
		return nil, fmt.Errorf("find customers: %w", explain(err))
	}
	macs := s.ring.Lookups(merchantCustomerID, customerMerchant(accountCode))
	args := []any{accountCode}
	var in []string
	for i, mac := range macs {
		args = append(args, mac)
		in = append(in, fmt.Sprintf("$%d", i+2))
	}
	var ids []string
	rows, err := s.reader.QueryContext(ctx,
		`SELECT id FROM customers WHERE account_code = $1 AND merchant_mac IN (`+strings.Join(in, ", ")+`) ORDER BY id`, args...)
	err = each(rows, err, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find customers: %w", explain(err))
	}
	return ids, nil
}
