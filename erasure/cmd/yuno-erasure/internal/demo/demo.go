package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// Command is the demo subcommand.
type Command struct {
	Port int  `help:"Loopback port to serve on; 0 picks a free one." default:"0"`
	Once bool `help:"End after the demonstration. Otherwise, on a terminal, it continues to serve until Ctrl-C."`
}

// Help is shown by demo --help.
func (Command) Help() string {
	return `Runs the whole service in a temporary folder: an SQLite database, an account, three simulated payment providers. Everything happens on this machine; nothing is sent to Yuno or to a payment provider.

Its output is for people to read, so there is no --json; accounts, erasures and the other subcommands have one.

Examples:

  yuno-erasure demo
  yuno-erasure demo --once`
}

// Validate is called by the parser.
func (c Command) Validate() error { return checkPort(c.Port) }

// Run shows one erasure from the request to the last provider.
func (c Command) Run(ctx context.Context, stdout io.Writer) error {
	// A reader that stops early (demo | head) must not end the process before it has
	// removed its folder.
	signal.Ignore(syscall.SIGPIPE)
	out := &command.TrackedWriter{W: stdout}
	err := c.show(ctx, out, !c.Once && command.IsTerminal(stdout))
	if errors.Is(out.Err, syscall.EPIPE) {
		return err
	}
	return errors.Join(err, out.Err)
}

func (c Command) show(ctx context.Context, stdout io.Writer, keepServing bool) error {
	s, err := startService(ctx, c.Port)
	if err != nil {
		return err
	}
	defer s.close()
	yuno, err := client.New(s.creds, client.WithBaseURL(s.baseURL), client.WithMiddleware(narrate(stdout)))
	if err != nil {
		return err
	}
	defer yuno.CloseIdleConnections()

	fmt.Fprintf(stdout, "The erasure service listens on %s, on SQLite in\n%s,\n", s.baseURL, s.folder)
	fmt.Fprintf(stdout, "with %d customers and three simulated providers: stripe fails at first, mollie\nworks, old-gateway has no API.\n",
		len(demoCustomers))

	subject := demoCustomers[0]
	if err := s.erase(ctx, stdout, yuno, subject); err != nil {
		return err
	}
	if err := s.eraseAgain(ctx, stdout, yuno, subject); err != nil {
		return err
	}
	if !keepServing {
		return nil
	}
	return s.keepServing(ctx, stdout)
}

// erase erases the customer and shows what happens, here and at the providers.
func (s *service) erase(ctx context.Context, stdout io.Writer, yuno *client.Client, subject customer) error {
	fmt.Fprintf(stdout, "\n1. Erase the customer whose e-mail address is %s\n", subject.email)
	if err := yuno.DeleteCustomer(ctx, subject.id); err != nil {
		return err
	}
	fmt.Fprint(stdout, "   Accepted: erased here, and durably queued for the providers.\n")

	fmt.Fprint(stdout, "\n2. What happens at the providers\n")
	if err := s.watch(ctx, stdout, subject.id); err != nil {
		return err
	}

	fmt.Fprint(stdout, "\n3. What remains of the e-mail address in the service's files\n")
	return s.search(ctx, stdout, subject.email)
}

// eraseAgain shows that the customer is gone, and closes the erasure.
func (s *service) eraseAgain(ctx context.Context, stdout io.Writer, yuno *client.Client, subject customer) error {
	fmt.Fprint(stdout, "\n4. Erase the same customer again\n")
	err := yuno.DeleteCustomer(ctx, subject.id)
	if !errors.Is(err, client.ErrCustomerNotFound) {
		return fmt.Errorf("the second delete should have found no customer: %w", err)
	}
	fmt.Fprint(stdout, "   This customer does not exist any more.\n")

	fmt.Fprint(stdout, "\n5. Old-gateway has no API: an operator asks there, and closes the target with a note\n")
	return s.resolve(ctx, stdout, subject.id)
}

// erasure returns the customer's erasure with its targets.
func (s *service) erasure(ctx context.Context, customerID string) (erasure.Erasure, error) {
	list, err := s.store.ListErasures(ctx, erasure.ErasureFilter{CustomerID: customerID})
	if err != nil {
		return erasure.Erasure{}, err
	}
	if len(list) == 0 {
		return erasure.Erasure{}, erasure.ErrNotFound
	}
	return s.store.GetErasure(ctx, list[0].ID)
}

// watch prints the erasure's targets as they change, until the erasure is final.
func (s *service) watch(ctx context.Context, stdout io.Writer, customerID string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute) // a busy machine takes its time
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	shown := map[string]int{} // evidence rows by target
	for {
		e, err := s.erasure(ctx, customerID)
		if err != nil {
			return err
		}
		for _, target := range e.Targets {
			for _, ev := range target.Evidence[shown[target.ID]:] {
				fmt.Fprintf(stdout, "   %-12s %s\n", target.Provider, evidenceText(ev))
			}
			shown[target.ID] = len(target.Evidence)
		}
		if e.State != erasure.ErasureInProgress {
			fmt.Fprintf(stdout, "   The erasure is %s.\n", e.State)
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func evidenceText(ev erasure.Evidence) string {
	text := string(ev.State)
	if ev.Status != 0 {
		text += fmt.Sprintf(", HTTP status %d", ev.Status)
	}
	if ev.Reason != "" {
		text += ", " + ev.Reason
	}
	if ev.Note != "" {
		text += fmt.Sprintf(", note %q", ev.Note)
	}
	return text
}

// search counts a text in every file of the database.
func (s *service) search(ctx context.Context, stdout io.Writer, text string) error {
	if err := s.store.Compact(ctx, false); err != nil {
		return err
	}
	files, err := filepath.Glob(s.database + "*")
	if err != nil {
		return err
	}
	found := 0
	for _, file := range files {
		content, err := s.read(file)
		if err != nil {
			return err
		}
		n := bytes.Count(content, []byte(text))
		found += n
		fmt.Fprintf(stdout, "   %-22s %7d bytes, %d times\n", filepath.Base(file), len(content), n)
	}
	if found > 0 {
		return errors.New("the e-mail address is still in the service's files")
	}
	fmt.Fprint(stdout, "   It was stored as ciphertext only. The ciphertext and its key are gone.\n")
	return nil
}

// resolve closes the targets that need manual action.
func (s *service) resolve(ctx context.Context, stdout io.Writer, customerID string) error {
	e, err := s.erasure(ctx, customerID)
	if err != nil {
		return err
	}
	for _, target := range e.Targets {
		if !target.State.NeedsAttention() {
			continue
		}
		note := "asked old-gateway's support on the telephone; deletion confirmed"
		if err := s.store.Resolve(ctx, target.ID, note, time.Now()); err != nil {
			return err
		}
	}
	if e, err = s.erasure(ctx, customerID); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "   The erasure is %s.\n", e.State)
	return nil
}

// keepServing suggests what to try, and serves until Ctrl-C.
func (s *service) keepServing(ctx context.Context, stdout io.Writer) error {
	link, err := s.startOperations(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, `
The operations page, after a simulated day; this link logs you in once:

  %s

The service runs until Ctrl-C. Try another customer:

  curl -i -X DELETE %s/customers/%s \
    -H 'x-account-code: %s' \
    -H 'public-api-key: %s' \
    -H 'private-secret-key: %s'

and list the erasures, from another terminal:

  YUNO_ERASURE_DATABASE=file:%s %s erasures list

The log is %s.
`, link, s.baseURL, demoCustomers[1].id, s.creds.AccountCode, s.creds.PublicAPIKey, s.creds.PrivateSecretKey, s.database, os.Args[0], s.logFile)
	<-ctx.Done()
	fmt.Fprintln(stdout, "\nStopped.")
	return nil
}
