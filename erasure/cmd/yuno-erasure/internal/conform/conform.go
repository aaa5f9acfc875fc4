// Package conform is the conform subcommand: it judges a live implementation of the API
// by the contract.
package conform

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/contract/conformance"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// Environment variables with a second account, for the cases about keys of another
// account. The first account uses the client's variables.
const (
	envSecondAccountCode = "YUNO_SECOND_ACCOUNT_CODE"
	envSecondPublicKey   = "YUNO_SECOND_PUBLIC_API_KEY"
	envSecondPrivateKey  = "YUNO_SECOND_PRIVATE_SECRET_KEY"
)

// Command is the conform subcommand.
type Command struct {
	URL string `arg:"" help:"Base URL of the implementation, including the version segment, such as http://127.0.0.1:8080/v1."`

	Customer      []string      `help:"Id of a customer that exists and may be erased permanently. Repeat it; a run uses up to ${customers_needed}." placeholder:"ID" sep:"none"`
	CustomersFile string        `help:"File with such ids: a list as delete --file reads it." placeholder:"FILE" type:"existingfile"`
	ExistsCommand string        `help:"Command that exits with 0 if the customer {id} exists, and with 1 if not, by a look at the implementation's database. It shows whether an accepted customer is gone, and that no other is. It is split at spaces, and runs without a shell and without the keys." placeholder:"COMMAND {id}"`
	NoCustomers   bool          `help:"Judge without erasing a customer. Otherwise a run that erased no customer does not pass."`
	Operation     []string      `help:"Id of an operation that the implementation serves: delete-customer, retrieve-customer or retrieve-customer-by-external-id. Repeat it. Default: delete-customer, and those that respond to a probe; the report says which did not." placeholder:"OPERATION" sep:"none"`
	Strict        bool          `help:"Also judge by what the servers of this project promise beyond Yuno's documentation."`
	Baseline      string        `help:"File of accepted failures: one case's name and a reason per line." placeholder:"FILE" type:"existingfile"`
	Skip          []string      `help:"Name of a case to skip. Repeat it." placeholder:"CASE"`
	Timing        int           `help:"Also measure whether responses to wrong keys take equally long, in this many rounds (at least 50). A noisy network blurs the result." placeholder:"ROUNDS"`
	MinCoverage   float64       `help:"Fail if a smaller part than this of the documented responses was seen, 0 to 1." default:"0"`
	Timeout       time.Duration `help:"Limit of one request." default:"30s"`
	Verbose       bool          `help:"Print each request to standard error as it is sent, and list every skipped case. Keys, account codes and ids of customers appear as names of variables."`
	JSON          bool          `name:"json" help:"Print JSON." xor:"format"`
	JUnit         bool          `name:"junit" help:"Print JUnit's XML, for continuous integration." xor:"format"`
	Output        string        `help:"File to write the report to. Default: standard output." placeholder:"FILE" type:"path"`
	Understood    bool          `name:"i-understand-this-deletes-customers" help:"Permit a run against Yuno's production, where it erases the customers named, at Yuno and at every payment provider."`
}

// Help is shown by conform --help.
func (Command) Help() string {
	return "Judges a live implementation of DELETE /customers/{customer_id} by the contract, and of GET /customers/{customer_id} and GET /customers?merchant_customer_id= if it serves them. " +
		"It permanently erases the customers named with --customer and --customers-file. To judge what a deletion leaves of a customer, it needs some with personal data.\n\n" +
		"Its requests also name customers and paths that do not exist, such as the path of all customers with --strict. A correct implementation refuses them; " +
		"a wrong one may erase others, so do not run it where that would do harm.\n\n" +
		"For each failure, the report has a line for curl that repeats the request. It contains no key and no id: set the variables that it names. While curl runs, the list of processes shows the keys to other users of the machine.\n\n" +
		"Credentials come from " + client.EnvAccountCode + ", " + client.EnvPublicAPIKey + " and " + client.EnvPrivateSecretKey + "; those of a second account, " +
		"without which the cases about another account are skipped, from " + envSecondAccountCode + ", " + envSecondPublicKey + " and " + envSecondPrivateKey + ".\n\n" +
		`Examples:

  yuno-erasure conform http://127.0.0.1:8080/v1 --no-customers
  yuno-erasure conform http://127.0.0.1:8080/v1 --customers-file expendable.txt --strict
  yuno-erasure conform http://127.0.0.1:8080/v1 --customers-file expendable.txt --exists-command './customer-exists {id}'
  yuno-erasure conform https://erasure.example.com/v1 --customers-file expendable.txt --junit --output report.xml

Exit status: 0 it conforms, 1 it does not or could not be judged, 2 usage.`
}

// Validate is called by the parser.
func (c *Command) Validate() error {
	return cmp.Or(
		command.ZeroOrWithin("--timing", c.Timing, 50, 1_000_000),
		command.Within("--min-coverage", c.MinCoverage, 0, 1),
		command.Within("--timeout", c.Timeout, 10*time.Millisecond, time.Hour),
	)
}

// Run judges the implementation and writes the report.
func (c *Command) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	target, err := c.target()
	if err != nil {
		return err
	}
	opts, err := c.options(stderr)
	if err != nil {
		return err
	}
	if err := target.Validate(opts...); err != nil {
		if errors.Is(err, conformance.ErrProduction) {
			return command.NewUsageError(err.Error(),
				"the same with --i-understand-this-deletes-customers, if that is what you want")
		}
		return command.NewUsageError(strings.ReplaceAll(err.Error(), "\n", "; "), "yuno-erasure conform --help")
	}
	out, err := c.create()
	if err != nil {
		return err
	}
	defer out.Discard()
	if n := len(target.Customers); n > 0 {
		fmt.Fprintf(stderr, "yuno-erasure: WARNING: this sends deletes to %s. Up to %d of the %d customers named will be erased permanently, and others if the implementation is wrong.\n",
			c.URL, min(conformance.CustomersNeeded, n), n)
	}

	report, runErr := conformance.Run(ctx, target, opts...)
	// A table of skipped cases would hide the one line that says why they were skipped.
	untried := runErr != nil && report.Count(conformance.Skipped) == len(report.Results)
	if !untried || c.JSON || c.JUnit || out != nil {
		if err := c.write(stdout, out, report); err != nil {
			return errors.Join(runErr, err)
		}
	}
	if runErr != nil {
		return runErr
	}
	err = report.Err()
	if err != nil && len(target.Customers) == 0 && !c.NoCustomers {
		err = fmt.Errorf("%w (--customer and --customers-file name customers, --no-customers does without)", err)
	}
	return err
}

func (c *Command) target() (conformance.Target, error) {
	creds, err := client.CredentialsFromEnv()
	if err != nil {
		return conformance.Target{}, command.NewUsageError(strings.TrimPrefix(err.Error(), client.ErrInvalidArgument.Error()+": "),
			"set them and run again; see yuno-erasure conform --help")
	}
	customers, origins, err := c.customers()
	if err != nil {
		return conformance.Target{}, err
	}
	exists, err := c.exists()
	if err != nil {
		return conformance.Target{}, err
	}
	return conformance.Target{
		BaseURL:     c.URL,
		Exists:      exists,
		Credentials: creds,
		SecondAccount: conformance.Credentials{
			AccountCode:      os.Getenv(envSecondAccountCode),
			PublicAPIKey:     os.Getenv(envSecondPublicKey),
			PrivateSecretKey: os.Getenv(envSecondPrivateKey),
		},
		Customers:       customers,
		CustomerOrigins: origins,
		Operations:      c.Operation,
		Strict:          c.Strict,
	}, nil
}

// exists returns how to look a customer up, or nil if there is no way.
func (c *Command) exists() (func(context.Context, string) (bool, error), error) {
	if c.ExistsCommand == "" {
		return nil, nil
	}
	lookUp, err := parseExistsCommand(c.ExistsCommand)
	if err != nil {
		return nil, command.NewUsageError(err.Error(), "--exists-command './customer-exists {id}'")
	}
	return lookUp.exists, nil
}

func (c *Command) options(stderr io.Writer) ([]conformance.RunOption, error) {
	opts := []conformance.RunOption{
		conformance.WithTimeout(c.Timeout),
		conformance.WithMinCoverage(c.MinCoverage),
		conformance.WithSkip(c.Skip...),
	}
	if c.Verbose {
		opts = append(opts, conformance.WithTrace(func(t conformance.Trace) { fmt.Fprintln(stderr, t) }))
	}
	if c.NoCustomers {
		opts = append(opts, conformance.WithoutCustomers())
	}
	if c.Timing != 0 {
		opts = append(opts, conformance.WithTiming(c.Timing))
	}
	if c.Understood {
		opts = append(opts, conformance.WithProduction())
	}
	if c.Baseline != "" {
		file, err := os.Open(c.Baseline)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		baseline, err := conformance.ParseBaseline(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Baseline, err)
		}
		opts = append(opts, conformance.WithBaseline(baseline))
	}
	return opts, nil
}

// create opens the report's file before anything is erased: if the report could not be
// written, it would be unknown which customers were erased.
func (c *Command) create() (*command.PendingFile, error) {
	if c.Output == "" {
		return nil, nil
	}
	out, err := command.CreateFile(c.Output)
	if err != nil {
		return nil, fmt.Errorf("--output: %w", err)
	}
	return out, nil
}

// write writes the report to out or, without one, to standard output.
func (c *Command) write(stdout io.Writer, out *command.PendingFile, report conformance.Report) error {
	var b bytes.Buffer
	write := report.WriteTable
	switch {
	case c.Verbose && !c.JSON && !c.JUnit:
		write = report.WriteDetails
	case c.JSON:
		write = report.WriteJSON
	case c.JUnit:
		write = report.WriteJUnit
	}
	if err := write(&b); err != nil {
		return err
	}
	if out == nil {
		_, err := b.WriteTo(stdout)
		return err
	}
	_, err := out.Write(b.Bytes())
	if err == nil {
		err = out.Commit(0o644)
	}
	if err != nil {
		_, _ = stdout.Write(b.Bytes()) // the report must not be lost
	}
	return err
}
