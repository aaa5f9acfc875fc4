package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func runCommand(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(ctx, args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestDemo(t *testing.T) {
	t.Parallel()

	t.Run("DeletesOnceAndThenFindsNobody", func(t *testing.T) {
		t.Parallel()
		code, stdout, stderr := runCommand(t.Context(), "demo")
		if code != exitOK || stderr != "" {
			t.Fatalf("exit %d, stderr %q", code, stderr)
		}
		got := regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllString(stdout, "127.0.0.1:PORT")
		const want = `An in-memory Yuno with one customer listens on http://127.0.0.1:PORT/v1

Erase the customer
  > DELETE /v1/customers/faad7cc5-7a31-4b4a-92fd-98a3d8aa3d3f
  > x-account-code: 493e9374-510a-4201-9e09-de669d75f256
  > public-api-key and private-secret-key: added by the client, last
  < 202 Accepted
  Accepted: Yuno erases the customer and asks the payment providers to do the same.

Erase the same customer again
  > DELETE /v1/customers/faad7cc5-7a31-4b4a-92fd-98a3d8aa3d3f
  > x-account-code: 493e9374-510a-4201-9e09-de669d75f256
  > public-api-key and private-secret-key: added by the client, last
  < 400 Bad Request
  < {"code":"CUSTOMER_NOT_FOUND","messages":["Customer not found."]}
  There is no such customer any more: delete customer: 400 Bad Request "CUSTOMER_NOT_FOUND" "Customer not found."
`
		if got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})

	t.Run("SaysThatThePortIsTaken", func(t *testing.T) {
		t.Parallel()
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer taken.Close()
		port := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
		code, _, stderr := runCommand(t.Context(), "demo", "--port", port)
		if code != exitFailure || !strings.Contains(stderr, "address already in use") || !strings.Contains(stderr, "--port 0") || strings.Count(stderr, "\n") != 1 {
			t.Errorf("exit %d, stderr %q", code, stderr)
		}
	})

	t.Run("StopsWhenInterrupted", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		code, _, stderr := runCommand(ctx, "demo")
		if code != exitInterrupted || stderr != "yuno-erasure: interrupted\n" {
			t.Errorf("exit %d, stderr %q", code, stderr)
		}
	})
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"NoCommand", nil, exitUsage, `expected one of "demo"`},
		{"UnknownCommand", []string{"erase"}, exitUsage, "unexpected argument erase"},
		{"UnknownFlag", []string{"demo", "--fast"}, exitUsage, "unknown flag --fast"},
		{"PortThatIsNoNumber", []string{"demo", "--port", "http"}, exitUsage, "--port"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			code, _, stderr := runCommand(t.Context(), c.args...)
			if code != c.code || !strings.Contains(stderr, c.want) || !strings.Contains(stderr, "Try: ") {
				t.Errorf("exit %d, stderr %q", code, stderr)
			}
		})
	}
	t.Run("Help", func(t *testing.T) {
		t.Parallel()
		code, stdout, stderr := runCommand(t.Context(), "--help")
		if code != exitOK || !strings.Contains(stdout, "demo") || stderr != "" {
			t.Errorf("exit %d, stdout %q, stderr %q", code, stdout, stderr)
		}
	})
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

// Output that goes nowhere must not stop the deletes: nothing of the demo
// depends on being read.
func TestDemoWithoutReader(t *testing.T) {
	t.Parallel()
	if code := run(t.Context(), []string{"demo"}, brokenPipe{}, io.Discard); code != exitOK {
		t.Errorf("exit %d", code)
	}
}
