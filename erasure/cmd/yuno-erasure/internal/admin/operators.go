package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
	"github.com/yuno-community/yuno-customers/erasure/ops"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// OperatorsCommand is the operators subcommand.
type OperatorsCommand struct {
	Add    operatorsAddCommand    `cmd:"" help:"Let somebody log in to the operations page, and print the credential, once."`
	List   operatorsListCommand   `cmd:"" help:"List who may log in to the operations page."`
	Link   operatorsLinkCommand   `cmd:"" help:"Print a link that logs an operator in, once."`
	Revoke operatorsRevokeCommand `cmd:"" help:"End an operator's logins, and reject the credential from now on."`
}

type operatorsAddCommand struct {
	database.Flags       `embed:""`
	command.JSONFlag     `embed:""`
	command.OperatorFlag `embed:""`
	Name                 string `arg:"" help:"Name of the operator, for the record of what was done. No e-mail address."`
	Role                 string `help:"viewer sees everything but the ids by which providers know customers; operator may also act." enum:"viewer,operator" default:"operator"`
}

// Help is shown by operators add --help.
func (operatorsAddCommand) Help() string {
	return `The operations page is on the address of serve --ops-listen, and off until there is an operator. A running service notices at once.

The credential is printed only this once: the database keeps a hash. Who has lost it gets another one: revoke the name, and add it again.

Examples:

  yuno-erasure operators add ada
  yuno-erasure operators add grace --role viewer`
}

// Validate is called by the parser.
func (c *operatorsAddCommand) Validate() error {
	if err := erasure.CheckOperatorName(c.Name); err != nil {
		return fmt.Errorf("NAME %w", err)
	}
	return errors.Join(c.OperatorFlag.Validate(), c.Flags.Validate())
}

// Run adds the operator. The credential is printed only once it is durable.
func (c *operatorsAddCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	store, err := c.OpenOrCreate(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	credential, err := store.AddOperator(c.Acting(ctx, ""), erasure.Operator{Name: c.Name, Role: erasure.Role(c.Role), CreatedAt: time.Now()})
	if errors.Is(err, sqlstore.ErrOperatorExists) {
		return fmt.Errorf("operator %s exists already: yuno-erasure operators revoke %[1]s ends that one", c.Name)
	}
	if err != nil {
		return err
	}
	err = c.Print(stdout, map[string]any{"name": c.Name, "role": c.Role, "credential": credential}, "%s", credential)
	if err != nil {
		return fmt.Errorf("operator %s was added, but the credential could not be printed: %w (revoke the name, and add it again)", c.Name, err)
	}
	return nil
}

type operatorsListCommand struct {
	database.Flags   `embed:""`
	command.JSONFlag `embed:""`
}

// Help is shown by operators list --help.
func (operatorsListCommand) Help() string {
	return `Shows names and roles, and when operators were added and revoked.

Examples:

  yuno-erasure operators list
  yuno-erasure operators list --json`
}

// Run lists the operators.
func (c *operatorsListCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	store, err := c.Open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	operators, err := store.ListOperators(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return command.PrintJSON(stdout, append([]erasure.Operator{}, operators...))
	}
	var rows [][]string
	for _, o := range operators {
		rows = append(rows, []string{o.Name, string(o.Role), command.FormatTime(o.CreatedAt), command.FormatTime(o.RevokedAt)})
	}
	return command.PrintTable(stdout, "OPERATOR ROLE ADDED REVOKED", rows)
}

type operatorsLinkCommand struct {
	database.Flags   `embed:""`
	command.JSONFlag `embed:""`
	Name             string `arg:"" help:"Name of the operator."`
	Address          string `help:"Address of the operations page." default:"http://127.0.0.1:8081"`
}

// Help is shown by operators link --help.
func (operatorsLinkCommand) Help() string {
	return `The link works once, for ten minutes. It contains no credential.

Examples:

  yuno-erasure operators link ada
  yuno-erasure operators link ada --address https://erasure-ops.example.com`
}

// Validate is called by the parser.
func (c *operatorsLinkCommand) Validate() error {
	u, err := url.Parse(c.Address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("--address wants an address such as http://127.0.0.1:8081")
	}
	return c.Flags.Validate()
}

// Run prints a link.
func (c *operatorsLinkCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	store, err := c.Open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	code, err := store.NewLoginCode(ctx, c.Name, time.Now())
	if err != nil {
		return noSuchOperator(err, c.Name)
	}
	link := strings.TrimSuffix(c.Address, "/") + ops.LoginPath(code)
	return c.Print(stdout, map[string]any{"name": c.Name, "link": link}, "%s", link)
}

type operatorsRevokeCommand struct {
	database.Flags       `embed:""`
	command.JSONFlag     `embed:""`
	command.OperatorFlag `embed:""`
	Name                 string `arg:"" help:"Name of the operator."`
}

// Help is shown by operators revoke --help.
func (operatorsRevokeCommand) Help() string {
	return `A running service rejects the credential and every login with it at once. What the operator did stays in actions list. Without any operator the operations page is off.

Examples:

  yuno-erasure operators revoke ada`
}

// Validate is called by the parser.
func (c *operatorsRevokeCommand) Validate() error {
	return errors.Join(c.OperatorFlag.Validate(), c.Flags.Validate())
}

// Run revokes the operator.
func (c *operatorsRevokeCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	store, err := c.Open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.RevokeOperator(c.Acting(ctx, ""), c.Name, time.Now()); err != nil {
		return noSuchOperator(err, c.Name)
	}
	return c.Print(stdout, map[string]any{"revoked": c.Name}, "Operator %s cannot log in any more.", c.Name)
}

func noSuchOperator(err error, name string) error {
	if errors.Is(err, erasure.ErrNotFound) {
		return fmt.Errorf("there is no operator %s (yuno-erasure operators list)", command.Printable(name))
	}
	return err
}
