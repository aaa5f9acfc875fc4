package main

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

	"golang.org/x/term"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure"
)

type demoCommand struct {
	Port int  `help:"Loopback port to serve on; 0 picks a free one." default:"0"`
	Once bool `help:"End after the demonstration. Otherwise, on a terminal, it goes on serving until Ctrl-C."`
}

// Help is shown by demo --help.
func (demoCommand) Help() string {
	return `Runs the whole service in a temporary folder: an SQLite database, an account, three simulated payment providers. Everything happens on this machine; nothing is sent to Yuno or to a payment provider.

It is for people to read and has no --json; accounts, erasures and the rest of the commands have.

Examples:

  yuno-erasure demo
  yuno-erasure demo --once`
}

// Validate is called by the parser.
func (c demoCommand) Validate() error { return checkPort(c.Port) }

// Run shows one erasure from the request to the last provider.
func (c demoCommand) Run(ctx context.Context, stdout io.Writer) error {
	// Whoever stops reading (demo | head) must not end the program before it has
	// removed its folder.
	signal.Ignore(syscall.SIGPIPE)
	out := &firstError{w: stdout}
	err := c.show(ctx, out, !c.Once && isTerminal(stdout))
	if errors.Is(out.err, syscall.EPIPE) {
		return err
	}
	return errors.Join(err, out.err)
}

func (c demoCommand) show(ctx context.Context, stdout io.Writer, serveOn bool) error {
	world, err := newDemoWorld(ctx, c.Port)
	if err != nil {
		return err
	}
	defer world.close()
	yuno, err := client.New(world.creds, client.WithBaseURL(world.baseURL), client.WithMiddleware(narrate(stdout)))
	if err != nil {
		return err
	}
	defer yuno.CloseIdleConnections()

	fmt.Fprintf(stdout, "The erasure service listens on %s, on SQLite in\n%s,\n", world.baseURL, world.dir)
	fmt.Fprintf(stdout, "with %d customers and three simulated providers: stripe fails at first, mollie\nis well, old-gateway has no API.\n", len(demoCustomers))

	victim := demoCustomers[0]
	fmt.Fprintf(stdout, "\n1. Erase the customer whose e-mail address is %s\n", victim.email)
	if err := yuno.DeleteCustomer(ctx, victim.id); err != nil {
		return err
	}
	fmt.Fprint(stdout, "   Accepted: erased here, and durably on its way to the providers.\n")

	fmt.Fprint(stdout, "\n2. What becomes of it\n")
	final, err := world.watch(ctx, stdout, victim.id)
	if err != nil {
		return err
	}

	fmt.Fprint(stdout, "\n3. What is left of the e-mail address in the service's files\n")
	if err := world.search(ctx, stdout, victim.email); err != nil {
		return err
	}

	fmt.Fprint(stdout, "\n4. Erase the same customer again\n")
	err = yuno.DeleteCustomer(ctx, victim.id)
	if !errors.Is(err, client.ErrCustomerNotFound) {
		return fmt.Errorf("the second delete was to find no customer: %w", err)
	}
	fmt.Fprint(stdout, "   There is no such customer any more.\n")

	fmt.Fprint(stdout, "\n5. Old-gateway has no API: a person asks there, and closes the target with a note\n")
	if err := world.resolve(ctx, stdout, final); err != nil {
		return err
	}
	if !serveOn {
		return nil
	}
	return world.invite(ctx, stdout)
}

// watch prints the erasure's targets as they change, until it is final.
func (w *demoWorld) watch(ctx context.Context, stdout io.Writer, customerID string) (erasure.Erasure, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	list, err := w.daemon.store.ListErasures(ctx, erasure.ErasureFilter{CustomerID: customerID})
	if err != nil {
		return erasure.Erasure{}, err
	}
	shown := map[string]int{} // evidence rows by target
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		e, err := w.daemon.store.GetErasure(ctx, list[0].ID)
		if err != nil {
			return e, err
		}
		for _, target := range e.Targets {
			for _, ev := range target.Evidence[shown[target.ID]:] {
				fmt.Fprintf(stdout, "   %-12s %s\n", target.Provider, evidenceText(ev))
			}
			shown[target.ID] = len(target.Evidence)
		}
		if e.State != erasure.ErasureInProgress {
			fmt.Fprintf(stdout, "   The erasure is %s.\n", e.State)
			tick.Stop()
			return e, nil
		}
		select {
		case <-ctx.Done():
			return e, ctx.Err()
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

// search greps every file of the database for a text.
func (w *demoWorld) search(ctx context.Context, stdout io.Writer, text string) error {
	if err := w.daemon.store.Compact(ctx, false); err != nil {
		return err
	}
	files, err := filepath.Glob(w.database + "*")
	if err != nil {
		return err
	}
	found := 0
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		n := bytes.Count(content, []byte(text))
		found += n
		fmt.Fprintf(stdout, "   %-22s %7d bytes, %d times\n", filepath.Base(file), len(content), n)
	}
	if found > 0 {
		return errors.New("the e-mail address is still there")
	}
	fmt.Fprint(stdout, "   It was there as ciphertext only; that is gone, and so is its key.\n")
	return nil
}

// resolve closes the target that needs a person.
func (w *demoWorld) resolve(ctx context.Context, stdout io.Writer, e erasure.Erasure) error {
	for _, target := range e.Targets {
		if !target.State.NeedsAttention() {
			continue
		}
		note := "asked old-gateway's support on the telephone; deletion confirmed"
		if err := w.daemon.store.Resolve(ctx, target.ID, note, time.Now()); err != nil {
			return err
		}
	}
	e, err := w.daemon.store.GetErasure(ctx, e.ID)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "   The erasure is %s.\n", e.State)
	return nil
}

// invite says what to try, and waits for Ctrl-C.
func (w *demoWorld) invite(ctx context.Context, stdout io.Writer) error {
	fmt.Fprintf(stdout, `
It goes on serving until Ctrl-C. Try another customer:

  curl -i -X DELETE %s/customers/%s \
    -H 'x-account-code: %s' \
    -H 'public-api-key: %s' \
    -H 'private-secret-key: %s'

and see what became of it, from another terminal:

  cd erasure && YUNO_ERASURE_DATABASE=file:%s go run ./cmd/yuno-erasure erasures list
`, w.baseURL, demoCustomers[1].id, w.creds.AccountCode, w.creds.PublicAPIKey, w.creds.PrivateSecretKey, w.database)
	<-ctx.Done()
	fmt.Fprintln(stdout, "\nStopped.")
	return nil
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
