package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure"
)

type accountsCommand struct {
	Create accountsCreateCommand `cmd:"" help:"Create an account and print its keys, once."`
	List   accountsListCommand   `cmd:"" help:"List the accounts."`
	Rotate accountsRotateCommand `cmd:"" help:"Give an account new keys and print them, once. The old ones are refused from then on."`
	Revoke accountsRevokeCommand `cmd:"" help:"Refuse an account's keys from now on."`
}

// accountKeys are printed once: only a hash of the secret key is kept.
type accountKeys struct {
	AccountCode      string `json:"account_code"`
	PublicAPIKey     string `json:"public_api_key"`
	PrivateSecretKey string `json:"private_secret_key"`
}

// keyFlags are the flags of subcommands that make keys. By default the keys do not
// begin as Yuno's do: a client would take those to Yuno.
type keyFlags struct {
	Prefix   string `help:"What the keys begin with: erasure_, prod_ or sandbox_." enum:"erasure_,prod_,sandbox_" default:"erasure_"`
	Endpoint string `help:"Base URL of this service, to print with the keys." default:"http://127.0.0.1:8080/v1"`
}

// print prints keys with the address that they are for.
func (f keyFlags) print(w io.Writer, keys accountKeys, asJSON bool) error {
	if !asJSON {
		if _, err := io.WriteString(w, shellExport(client.EnvAPIEndpoint, f.Endpoint)); err != nil {
			return err
		}
	}
	return keys.print(w, asJSON)
}

func newAccountKeys(code, prefix string) accountKeys {
	return accountKeys{AccountCode: code, PublicAPIKey: newSecret(prefix), PrivateSecretKey: newSecret(prefix)}
}

func (k accountKeys) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return printJSON(w, k)
	}
	_, err := io.WriteString(w, shellExport(client.EnvAccountCode, k.AccountCode)+
		shellExport(client.EnvPublicAPIKey, k.PublicAPIKey)+
		shellExport(client.EnvPrivateSecretKey, k.PrivateSecretKey))
	return err
}

type accountsCreateCommand struct {
	databaseFlags `embed:""`
	jsonFlag      `embed:""`
	Code          string `help:"Account code, a UUID. Default: a new one." placeholder:"UUID"`
	keyFlags      `embed:""`
}

// Run creates the account. The keys are printed only once it is durable.
func (c *accountsCreateCommand) Run(ctx context.Context, stdout io.Writer, stderr errorWriter) error {
	code := c.Code
	if code == "" {
		code = uuid.NewString()
	} else if parsed, err := uuid.Parse(code); err != nil || parsed.String() != code {
		return &usageError{"--code is not a UUID in its form of 36 lower-case characters", "yuno-erasure accounts create --help"}
	}
	store, err := c.open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	keys := newAccountKeys(code, c.Prefix)
	err = store.CreateAccount(ctx, erasure.Account{
		Code:       code,
		PublicKey:  keys.PublicAPIKey,
		SecretHash: sha256.Sum256([]byte(keys.PrivateSecretKey)),
		CreatedAt:  time.Now(),
	})
	if err != nil {
		return err
	}
	return c.print(stdout, keys, c.JSON)
}

type accountsListCommand struct {
	databaseFlags `embed:""`
	jsonFlag      `embed:""`
}

// Run lists the accounts; secret keys are not kept, so there are none to show.
func (c *accountsListCommand) Run(ctx context.Context, stdout io.Writer, stderr errorWriter) error {
	store, err := c.open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	accounts, err := store.Accounts(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		if accounts == nil {
			accounts = []erasure.Account{}
		}
		return printJSON(stdout, accounts)
	}
	var rows [][]string
	for _, a := range accounts {
		rows = append(rows, []string{a.Code, a.PublicKey, timeText(a.CreatedAt), timeText(a.RevokedAt)})
	}
	return printTable(stdout, "ACCOUNT PUBLIC_KEY CREATED REVOKED", rows)
}

type accountsRotateCommand struct {
	databaseFlags `embed:""`
	jsonFlag      `embed:""`
	Code          string `arg:"" help:"Account code."`
	keyFlags      `embed:""`
}

// Run replaces the account's keys.
func (c *accountsRotateCommand) Run(ctx context.Context, stdout io.Writer, stderr errorWriter) error {
	store, err := c.open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	keys := newAccountKeys(c.Code, c.Prefix)
	if err := store.ReplaceKeys(ctx, c.Code, keys.PublicAPIKey, sha256.Sum256([]byte(keys.PrivateSecretKey))); err != nil {
		return noSuchAccount(err, c.Code)
	}
	return c.print(stdout, keys, c.JSON)
}

type accountsRevokeCommand struct {
	databaseFlags `embed:""`
	jsonFlag      `embed:""`
	Code          string `arg:"" help:"Account code."`
}

// Run revokes the account's keys.
func (c *accountsRevokeCommand) Run(ctx context.Context, stdout io.Writer, stderr errorWriter) error {
	store, err := c.open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.RevokeAccount(ctx, c.Code, time.Now()); err != nil {
		return noSuchAccount(err, c.Code)
	}
	return c.say(stdout, map[string]any{"revoked": c.Code}, "The keys of account %s are refused from now on.", c.Code)
}

func noSuchAccount(err error, code string) error {
	if errors.Is(err, erasure.ErrNotFound) {
		return fmt.Errorf("there is no account %s (yuno-erasure accounts list)", code)
	}
	return err
}
