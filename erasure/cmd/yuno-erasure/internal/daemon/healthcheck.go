package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// HealthCommand is the healthcheck subcommand, for containers that have no other
// program to ask with.
type HealthCommand struct {
	command.JSONFlag `embed:""`

	OpsListen string        `help:"The --ops-listen of the process to ask." default:"127.0.0.1:8081" env:"YUNO_ERASURE_OPS_LISTEN"`
	Live      bool          `help:"Ask whether the process runs (/healthz), not whether it can do its work (/readyz)."`
	Timeout   time.Duration `help:"How long to wait for the response." default:"5s"`
}

// Help is shown by healthcheck --help.
func (HealthCommand) Help() string {
	return `Asks a yuno-erasure serve on this machine, of any role, for its health: the exit status is 0 if it is well, and 1 if it is not or does not respond.

It asks the operations listener, at the address that --ops-listen or YUNO_ERASURE_OPS_LISTEN gives to both. It opens neither the database nor the key file.

Without --live, a process whose database is away is not ready. A restart would not help it, so let --live decide on restarts.

Examples:

  yuno-erasure healthcheck
  yuno-erasure healthcheck --live --timeout 2s
  yuno-erasure healthcheck --ops-listen 127.0.0.1:9081 --json`
}

// Validate is called by the parser.
func (c *HealthCommand) Validate() error {
	if host, port, err := net.SplitHostPort(c.OpsListen); err != nil || port == "" || strings.ContainsAny(host+port, "/?#@") {
		return errors.New("--ops-listen wants HOST:PORT, such as 127.0.0.1:8081")
	}
	return command.Within("--timeout", c.Timeout, 10*time.Millisecond, time.Minute)
}

// Run asks once.
func (c *HealthCommand) Run(ctx context.Context, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	parts, ok, err := c.ask(ctx)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s did not respond within %v", c.url(), c.Timeout)
	case err != nil:
		return err
	case !ok && !c.JSON:
		return errors.New("not ready: " + inWords(parts))
	}
	facts := map[string]any{"ok": ok, "parts": parts}
	if err := c.Print(stdout, facts, "ok: %s", inWords(parts)); err != nil || ok {
		return err
	}
	return command.NewExitError(command.ExitFailure, "not ready")
}

// ask returns the status of each part, and whether the process is well.
func (c *HealthCommand) ask(ctx context.Context) (parts map[string]string, ok bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url(), http.NoBody)
	if err != nil {
		return nil, false, err
	}
	transport := &http.Transport{DisableKeepAlives: true} // and no proxy, whatever the environment says
	response, err := transport.RoundTrip(request)
	if err != nil {
		return nil, false, fmt.Errorf("%s does not respond: %w", c.url(), err)
	}
	defer response.Body.Close()
	if status := response.StatusCode; status != http.StatusOK && status != http.StatusServiceUnavailable {
		return nil, false, fmt.Errorf("%s responds with %d: is this the --ops-listen of yuno-erasure serve?", c.url(), status)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, 64<<10)).Decode(&parts); err != nil {
		if ctx.Err() != nil {
			return nil, false, ctx.Err()
		}
		return nil, false, fmt.Errorf("%s responds with something else than a status: is this the --ops-listen of yuno-erasure serve?", c.url())
	}
	return parts, response.StatusCode == http.StatusOK, nil
}

// url is where the process on this machine that listens on --ops-listen is asked.
func (c *HealthCommand) url() string {
	path := "/readyz"
	if c.Live {
		path = "/healthz"
	}
	host, port, _ := net.SplitHostPort(c.OpsListen) // Validate has checked it
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost" // listens on all addresses, and this is one of them
	}
	return "http://" + net.JoinHostPort(host, port) + path
}

// inWords returns the status of each part on one line. Another program may be listening
// there, so nothing in it reaches a terminal as an instruction.
func inWords(parts map[string]string) string {
	words := make([]string, 0, len(parts))
	for _, part := range slices.Sorted(maps.Keys(parts)) {
		words = append(words, part+" "+parts[part])
	}
	return command.Printable(strings.Join(words, ", "))
}
