package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

type customersFindCommand struct {
	database.Flags   `embed:""`
	command.JSONFlag `embed:""`
	MerchantID       string `name:"merchant-id" required:"" help:"The merchant's own id of the customer: merchant_customer_id of the import." placeholder:"ID"`
	Account          string `help:"Code of the account to search. Default: the only one there is." placeholder:"UUID"`
}

// Help is shown by customers find --help.
func (customersFindCommand) Help() string {
	return `Prints the ids of the account's live customers with this merchant_customer_id, one per line: the ids that a delete takes. There can be several, since an import accepts one merchant_customer_id for several customers. An erased customer is not found. Nothing else about a customer is printed.

It works beside a service that runs.

Examples:

  yuno-erasure customers find --merchant-id 4711
  yuno-erasure customers find --merchant-id 4711 --account 493e9374-510a-4201-9e09-de669d75f256 --json

Exit status: 0 found, 4 no such customer, 2 usage, 1 anything else.`
}

// Validate is called by the parser. The value may be a variable of a script that is
// not set.
func (c *customersFindCommand) Validate() error {
	if c.MerchantID == "" {
		return errors.New("--merchant-id wants a value")
	}
	if err := erasure.CheckMerchantCustomerID(c.MerchantID); err != nil {
		return fmt.Errorf("--merchant-id %w: no import accepts such an id", err)
	}
	return c.Flags.Validate()
}

// Run prints the customers' ids. Its errors do not repeat the merchant's id, which
// may be personal data.
func (c *customersFindCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	store, err := c.Open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	account, err := c.account(ctx, store)
	if err != nil {
		return err
	}
	ids, err := store.CustomersByMerchantID(ctx, account, c.MerchantID)
	if err != nil {
		return err
	}
	if c.JSON {
		err = command.PrintJSON(stdout, append([]string{}, ids...))
	} else {
		_, err = io.WriteString(stdout, strings.Join(append(ids, ""), "\n"))
	}
	if err == nil && len(ids) == 0 {
		return command.NewExitError(command.ExitNotFound, "no live customer of account "+account+" has this merchant_customer_id")
	}
	return err
}

// account returns the account to search: that of --account, or the only one.
func (c *customersFindCommand) account(ctx context.Context, store *sqlstore.Store) (string, error) {
	if c.Account != "" {
		return c.Account, checkAccount(ctx, store, c.Account)
	}
	accounts, err := store.ListAccounts(ctx)
	switch {
	case err != nil:
		return "", err
	case len(accounts) == 0:
		return "", errors.New("there is no account (yuno-erasure accounts create)")
	case len(accounts) > 1:
		return "", command.NewUsageError(fmt.Sprintf("there are %d accounts, and --account is missing", len(accounts)),
			"--account with a code that yuno-erasure accounts list shows")
	}
	return accounts[0].Code, nil
}
