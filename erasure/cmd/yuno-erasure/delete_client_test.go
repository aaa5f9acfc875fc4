package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/sandbox"
)

var (
	stubborn = sandbox.Fault{Kind: sandbox.HTML, Status: 403}
	none     = sandbox.Fault{}
)

func TestCauseOf(t *testing.T) {
	t.Parallel()
	dial := func(err error) error { return fmt.Errorf("x: %w", &net.OpError{Op: "dial", Err: err}) }
	for want, err := range map[string]error{
		"connection_refused": dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)),
		"connection_lost":    dial(io.EOF),
		"no_such_host":       dial(&net.DNSError{IsNotFound: true}),
		"host_lookup_failed": dial(&net.DNSError{IsTemporary: true}),
		"tls_failed":         dial(tls.RecordHeaderError{}),
		"timeout":            dial(os.ErrDeadlineExceeded),
		"broken_off":         dial(context.Canceled),
		"no_answer":          errors.New("anything else"),
	} {
		if got := causeOf(err); got != want {
			t.Errorf("%v: %s, want %s", err, got, want)
		}
	}
	for got, want := range map[string]string{
		causeOf(dial(syscall.ECONNRESET)):                   "connection_lost",
		causeOf(dial(&net.DNSError{IsTimeout: true})):       "timeout",
		causeOf(fmt.Errorf("%w", context.DeadlineExceeded)): "timeout",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// The cause is told from what the client really returns.
func TestDeleteSaysWhyThereIsNoAnswer(t *testing.T) {
	yuno(t, 1)
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	defer untrusted.Close()
	for address, want := range map[string]string{
		"http://127.0.0.1:1/v1": "c0: failed, connection_refused\n",
		untrusted.URL + "/v1":   "c0: failed, tls_failed\n",
	} {
		t.Setenv(client.EnvAPIEndpoint, address)
		expect(t, exitFailed, want, "1 failed", "c0")
	}
}

// A 404 that is not about the customer is about the address.
func TestDeleteAtAWrongPath(t *testing.T) {
	yuno(t, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"code": "NOT_FOUND", "messages": ["Not found."]}`)
	}))
	defer server.Close()
	t.Setenv(client.EnvAPIEndpoint, server.URL)
	expect(t, exitFailed, "c0: failed, status 404, NOT_FOUND\n", "does the base URL "+server.URL+" lack /v1?", "c0")
	many := write(t, "ids.txt", "c0\nc1\nc2\nc3\nc4\nc5\nc6\nc7\nc8\nc9\nd0\nd1\nd2\nd3\nd4\nd5\nd6\nd7\nd8\nd9\ne0\n")
	expect(t, exitFailed, "", "Does the base URL "+server.URL+" lack /v1?", "--file", many, "--yes")
	t.Setenv(client.EnvAPIEndpoint, server.URL+"/v1")
	code, _, stderr := runCommand(t.Context(), "delete", "c0")
	if code != exitFailed || stderr == "" || strings.Contains(stderr, "lack") {
		t.Errorf("exit %d, %s", code, stderr)
	}
}
