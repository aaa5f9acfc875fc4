package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/admin"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/internal/strictjson"
	"github.com/yuno-community/yuno-customers/sandbox"
	"github.com/yuno-community/yuno-customers/server"
)

// faultHeader chooses a fault for one request.
const faultHeader = "X-Sandbox-Fault"

// SandboxCommand is the sandbox subcommand.
type SandboxCommand struct {
	command.JSONFlag `embed:""`

	Port int    `help:"Loopback port to serve on; 0 picks a free one." default:"8080"`
	File string `help:"JSON file with customers, faults and credentials; described above." placeholder:"FILE" short:"f" type:"existingfile"`
}

// Help is shown by sandbox --help.
func (SandboxCommand) Help() string {
	return `Serves an in-memory Yuno on this machine until it is interrupted, so that programs in any language can test against it. It prints the base URL and the credentials as lines for a shell.

FILE contains an object; every key is optional:

  {
    "account":   {"account_code": "a UUID", "public_api_key": "...", "private_secret_key": "..."},
    "customers": ["customer-1", "customer-2"],
    "faults":    {"customer-2": "503; retry-after=2s"}
  }

Without an account the credentials are random. A fault is a kind (429, 500, 503, 504, reset, lost-response, stalled-body, html, truncated-body, oversized-body, 204, redirect, stale, none) and, after semicolons, latency=DURATION, retry-after=DURATION, status=NUMBER, applied. The header ` + faultHeader + ` gives one request a fault.

Examples:

  yuno-erasure sandbox
  yuno-erasure sandbox --port 0 --json
  yuno-erasure sandbox --file sandbox.json`
}

// sandboxFile is the content of sandbox --file.
type sandboxFile struct {
	Account *struct {
		AccountCode      string `json:"account_code"`
		PublicAPIKey     string `json:"public_api_key"`
		PrivateSecretKey string `json:"private_secret_key"`
	} `json:"account"`
	Customers []string                 `json:"customers"`
	Faults    map[string]sandbox.Fault `json:"faults"`
}

// Validate is called by the parser.
func (c *SandboxCommand) Validate() error { return checkPort(c.Port) }

// Run serves until ctx is done.
func (c *SandboxCommand) Run(ctx context.Context, stdout io.Writer) error {
	file, err := readSandboxFile(c.File)
	if err != nil {
		return err
	}
	opts := []sandbox.Option{sandbox.WithoutListener(), sandbox.WithCustomers(file.Customers...), sandbox.WithRecordLimit(0)}
	if a := file.Account; a != nil {
		opts = append(opts, sandbox.WithCredentials(sandbox.Credentials(*a)))
	}
	sb, err := sandbox.Open(opts...)
	if err != nil {
		return err
	}
	defer sb.Close()
	for id, fault := range file.Faults {
		sb.FailCustomer(id, fault)
	}

	listener, baseURL, err := listenLoopback(ctx, c.Port)
	if err != nil {
		return fmt.Errorf("serving the sandbox: %w (--port 0 picks a free port)", err)
	}
	defer listener.Close()
	creds := sb.Credentials()
	keys := admin.AccountKeys{APIEndpoint: baseURL, AccountCode: creds.AccountCode, PublicAPIKey: creds.PublicAPIKey, PrivateSecretKey: creds.PrivateSecretKey}
	if err := keys.Print(stdout, c.JSON); err != nil {
		return err
	}
	// A request that waits for a stalled response would wait forever, so it is cut off.
	err = server.Serve(ctx, listener, withFaultHeader(sb), server.WithShutdownTimeout(time.Second))
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// withFaultHeader applies the fault that a request names in [faultHeader].
func withFaultHeader(sb *sandbox.Sandbox) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text := r.Header.Get(faultHeader)
		if text == "" {
			sb.ServeHTTP(w, r)
			return
		}
		fault, err := sandbox.ParseFault(text)
		if err != nil {
			http.Error(w, faultHeader+": "+err.Error(), http.StatusBadRequest)
			return
		}
		sb.ServeFault(w, r, fault)
	})
}

func readSandboxFile(path string) (sandboxFile, error) {
	var file sandboxFile
	if path == "" {
		return file, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return file, err
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return file, fmt.Errorf("%s: %s", path, sandboxFileProblem(err))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return file, fmt.Errorf("%s: unexpected text after the object", path)
	}
	for _, p := range strictjson.Find(text, 1) {
		return file, fmt.Errorf("%s: %s %s", path, strings.Join(p.Path, "."), p.Kind)
	}
	return file, nil
}

// sandboxFileProblem returns what is wrong with the JSON, in the words of its author.
func sandboxFileProblem(err error) string {
	var kind *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF):
		return "is empty"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "ends before the JSON object does"
	case errors.As(err, &kind) && kind.Field == "":
		return "must be a JSON object, not a JSON " + kind.Value
	case errors.As(err, &kind):
		return kind.Field + ": cannot be a JSON " + kind.Value + "; yuno-erasure sandbox --help has an example"
	}
	text := strings.TrimPrefix(err.Error(), "json: ")
	if strings.HasPrefix(text, "unknown field") {
		text += "; yuno-erasure sandbox --help has the fields"
	}
	return text
}
