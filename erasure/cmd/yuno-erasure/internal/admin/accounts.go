package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// AccountsCommand is the accounts subcommand.
type AccountsCommand struct {
	Create accountsCreateCommand `cmd:"" help:"Create an account and print its keys, once."`
	List   accountsListCommand   `cmd:"" help:"List the accounts."`
	Rotate accountsRotateCommand `cmd:"" help:"Give an account new keys and print them, once. The old keys are rejected from then on."`
	Revoke accountsRevokeCommand `cmd:"" help:"Reject an account's keys from now on."`
}

type accountsCreateCommand struct {
	database.Flags       `embed:""`
	command.JSONFlag     `embed:""`
	command.OperatorFlag `embed:""`
	Code                 string `help:"Account code, a UUID. Default: a new one." placeholder:"UUID"`
	keyFlags             `embed:""`
}

// Help is shown by accounts create --help.
func (accountsCreateCommand) Help() string {
	return `Prints lines for a shell with everything a client needs. The keys are printed only this once: the database keeps a hash of the secret key.

An SQLite file is created if there is none. A running service accepts the new keys at once.

Examples:

  yuno-erasure accounts create
  yuno-erasure accounts create --code 493e9374-510a-4201-9e09-de669d75f256 --endpoint https://erasure.example.com/v1
  eval "$(yuno-erasure accounts create)"`
}

// Validate is called by the parser.
func (c *accountsCreateCommand) Validate() error {
	return errors.Join(c.OperatorFlag.Validate(), c.Flags.Validate())
}

// Run creates the account. The keys are printed only once it is durable.
func (c *accountsCreateCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	code := c.Code
	if code == "" {
		code = uuid.NewString()
	} else if parsed, err := uuid.Parse(code); err != nil || parsed.String() != code {
		return command.NewUsageError("--code is not a UUID in its form of 36 lower-case characters",
			"yuno-erasure accounts create --help")
	}
	keys, err := c.newKeys(code)
	if err != nil {
		return err
	}
	store, err := c.OpenOrCreate(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.CreateAccount(c.Acting(ctx, ""), keys.Account(time.Now())); err != nil {
		return err
	}
	return keys.printOnce(stdout, c.JSON)
}

type accountsListCommand struct {
	database.Flags   `embed:""`
	command.JSONFlag `embed:""`
}

// Help is shown by accounts list --help.
func (accountsListCommand) Help() string {
	return `Shows codes, public keys, and when accounts were created and revoked. The database has no secret keys to show.

Examples:

  yuno-erasure accounts list
  yuno-erasure accounts list --json --database 'postgres://erasure@db.internal/erasure?sslmode=verify-full'`
}

// Run lists the accounts.
func (c *accountsListCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	store, err := c.Open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	accounts, err := store.ListAccounts(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		if accounts == nil {
			accounts = []erasure.Account{}
		}
		return command.PrintJSON(stdout, accounts)
	}
	var rows [][]string
	for _, a := range accounts {
		rows = append(rows, []string{a.Code, a.PublicKey, command.FormatTime(a.CreatedAt), command.FormatTime(a.RevokedAt)})
	}
	return command.PrintTable(stdout, "ACCOUNT PUBLIC_KEY CREATED REVOKED", rows)
}

type accountsRotateCommand struct {
	database.Flags       `embed:""`
	command.JSONFlag     `embed:""`
	command.OperatorFlag `embed:""`
	Code                 string `arg:"" help:"Account code."`
	keyFlags             `embed:""`
}

// Help is shown by accounts rotate --help.
func (accountsRotateCommand) Help() string {
	return `Replaces both keys. A running service responds with 401 to the old keys from then on.

Examples:

  yuno-erasure accounts rotate 493e9374-510a-4201-9e09-de669d75f256`
}

// Validate is called by the parser.
func (c *accountsRotateCommand) Validate() error {
	return errors.Join(c.OperatorFlag.Validate(), c.Flags.Validate())
}

// Run replaces the account's keys.
func (c *accountsRotateCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	if _, err := uuid.Parse(c.Code); err != nil {
		return noSuchAccount(erasure.ErrNotFound, c.Code)
	}
	keys, err := c.newKeys(c.Code)
	if err != nil {
		return err
	}
	store, err := c.Open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.ReplaceKeys(c.Acting(ctx, ""), c.Code, keys.PublicAPIKey, keys.secretHash(), time.Now()); err != nil {
		return noSuchAccount(err, c.Code)
	}
	return keys.printOnce(stdout, c.JSON)
}

type accountsRevokeCommand struct {
	database.Flags       `embed:""`
	command.JSONFlag     `embed:""`
	command.OperatorFlag `embed:""`
	Code                 string `arg:"" help:"Account code."`
}

// Help is shown by accounts revoke --help.
func (accountsRevokeCommand) Help() string {
	return `The service responds with 401 to the account's keys from then on. The account's customers and erasures remain, and accepted erasures continue. accounts rotate gives the account new keys.

Examples:

  yuno-erasure accounts revoke 493e9374-510a-4201-9e09-de669d75f256`
}

// Validate is called by the parser.
func (c *accountsRevokeCommand) Validate() error {
	return errors.Join(c.OperatorFlag.Validate(), c.Flags.Validate())
}

// Run revokes the account's keys.
func (c *accountsRevokeCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	store, err := c.Open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.RevokeAccount(c.Acting(ctx, ""), c.Code, time.Now()); err != nil {
		return noSuchAccount(err, c.Code)
	}
	return c.Print(stdout, map[string]any{"revoked": c.Code}, "The keys of account %s are rejected from now on.", c.Code)
}

// checkAccount fails if no account has this code. Without the check, a typo would give
// an empty list, which looks like good news.
func checkAccount(ctx context.Context, store *sqlstore.Store, code string) error {
	accounts, err := store.ListAccounts(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(accounts, func(a erasure.Account) bool { return a.Code == code }) {
		return noSuchAccount(erasure.ErrNotFound, code)
	}
	return nil
}

func noSuchAccount(err error, code string) error {
	if errors.Is(err, erasure.ErrNotFound) {
		return fmt.Errorf("there is no account %s (yuno-erasure accounts list)", code)
	}
	return err
}
