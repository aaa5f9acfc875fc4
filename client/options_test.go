package client_test

import (
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/yuno-community/yuno-customers/client"
)

func TestOptionsRejectInvalidArguments(t *testing.T) {
	t.Parallel()
	through := func(next http.RoundTripper) http.RoundTripper { return next }
	bad := map[string]client.Option{
		"Option is nil":      nil,
		"base URL":           client.WithBaseURL(""),
		"WithHTTPClient":     client.WithHTTPClient(nil),
		"Timeout":            client.WithHTTPClient(&http.Client{Timeout: -1}),
		"function 1 is nil":  client.WithMiddleware(through, nil),
		"returned nil":       client.WithMiddleware(through, func(http.RoundTripper) http.RoundTripper { return nil }, through),
		"maxRetries":         client.WithRetry(-1, time.Second),
		"maxDelay 0s":        client.WithRetry(1, 0),
		"maxDelay -1ns":      client.WithRetry(1, -1),
		"maxDelay 2h":        client.WithRetry(1, 2*time.Hour),
		"WithAttemptTimeout": client.WithAttemptTimeout(0),
		"WithMaxInFlight":    client.WithMaxInFlight(0),
		"product is empty":   client.WithUserAgent(" "),
		"longer than 128":    client.WithUserAgent(strings.Repeat("a", 129)),
		"byte 4":             client.WithUserAgent("acme\r\nprivate-secret-key: x"),
		"WithLogger":         client.WithLogger(nil),
	}
	for want, opt := range bad {
		if c, err := client.New(creds, opt); c != nil || !errors.Is(err, client.ErrInvalidArgument) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want ErrInvalidArgument about %s", err, want)
		}
	}
	t.Run("AllAtOnce", func(t *testing.T) {
		t.Parallel()
		_, err := client.New(client.Credentials{}, slices.Collect(maps.Values(bad))...)
		for want := range bad {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%v does not mention %s", err, want)
			}
		}
		if text := err.Error(); strings.Count(text, "invalid argument") != 1 || strings.Contains(text, "\n") {
			t.Errorf("got %q, want one prefix and one line", text)
		}
		for _, want := range []string{"AccountCode", "PublicAPIKey", "PrivateSecretKey"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%v does not mention %s", err, want)
			}
		}
	})
}

func TestOptionsAcceptLimits(t *testing.T) {
	t.Parallel()
	_, err := client.New(creds,
		client.WithBaseURL(client.BaseURLSandbox), client.WithHTTPClient(http.DefaultClient), client.WithMiddleware(),
		client.WithRetry(0, 0), client.WithRetry(10, time.Hour), client.WithAttemptTimeout(time.Nanosecond),
		client.WithMaxInFlight(1), client.WithUserAgent("acme (privacy team)/1.2"), client.WithLogger(slog.Default()))
	if err != nil {
		t.Error(err)
	}
}

func TestCredentialsFromEnv(t *testing.T) {
	t.Run("Set", func(t *testing.T) {
		t.Setenv("YUNO_ACCOUNT_CODE", creds.AccountCode)
		t.Setenv("YUNO_PUBLIC_API_KEY", creds.PublicAPIKey)
		t.Setenv("YUNO_PRIVATE_SECRET_KEY", creds.PrivateSecretKey)
		if got, err := client.CredentialsFromEnv(); err != nil || got != creds {
			t.Errorf("got %v, %v, want %v", got, err, creds)
		}
	})
	t.Run("Unset", func(t *testing.T) {
		t.Setenv("YUNO_ACCOUNT_CODE", creds.AccountCode)
		t.Setenv("YUNO_PUBLIC_API_KEY", "")
		t.Setenv("YUNO_PRIVATE_SECRET_KEY", "")
		got, err := client.CredentialsFromEnv()
		if !errors.Is(err, client.ErrInvalidArgument) || got != (client.Credentials{}) {
			t.Fatalf("got %v, %v, want ErrInvalidArgument", got, err)
		}
		if got, want := err.Error(), "invalid argument: not set in the environment: YUNO_PUBLIC_API_KEY, YUNO_PRIVATE_SECRET_KEY"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		for name, want := range map[string]bool{"YUNO_ACCOUNT_CODE": false, "YUNO_PUBLIC_API_KEY": true, "YUNO_PRIVATE_SECRET_KEY": true} {
			if strings.Contains(err.Error(), name) != want {
				t.Errorf("%v: mentions %s = %v, want %v", err, name, !want, want)
			}
		}
	})
}

func TestOptionsFromEnv(t *testing.T) {
	server := newYuno(t, accept)
	t.Run("Set", func(t *testing.T) {
		t.Setenv("YUNO_API_ENDPOINT", server.baseURL()+"/")
		c, err := client.New(creds, client.OptionsFromEnv()...)
		if err != nil {
			t.Fatal(err)
		}
		defer c.CloseIdleConnections()
		if err := c.DeleteCustomer(t.Context(), customerID); err != nil || len(server.requests()) != 1 {
			t.Errorf("got %v after %d requests to the endpoint, want nil after 1", err, len(server.requests()))
		}
	})
	t.Run("LaterOptionWins", func(t *testing.T) {
		t.Setenv("YUNO_API_ENDPOINT", client.BaseURLSandbox)
		opts := append(client.OptionsFromEnv(), client.WithBaseURL(server.baseURL()))
		c, err := client.New(creds, opts...)
		if err != nil || !strings.Contains(c.String(), server.URL) {
			t.Errorf("got %v, %v, want %s", c, err, server.baseURL())
		}
	})
	t.Run("Unset", func(t *testing.T) {
		t.Setenv("YUNO_API_ENDPOINT", "")
		if got := client.OptionsFromEnv(); len(got) != 0 {
			t.Errorf("got %d options, want none", len(got))
		}
	})
	t.Run("Bad", func(t *testing.T) {
		t.Setenv("YUNO_API_ENDPOINT", "api.y.uno")
		if _, err := client.New(creds, client.OptionsFromEnv()...); !errors.Is(err, client.ErrInvalidArgument) {
			t.Errorf("got %v, want ErrInvalidArgument", err)
		}
	})
}

func TestBaseURLFromKey(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{"sandbox_k": client.BaseURLSandbox, "prod_k": client.BaseURLProductionUS} {
		c, err := client.New(client.Credentials{AccountCode: "493e9374-510a-4201-9e09-de669d75f256", PublicAPIKey: key, PrivateSecretKey: "s"})
		if err != nil || c.String() != "Client{"+want+"}" {
			t.Errorf("%s: got %v, %v, want %s", key, c, err, want)
		}
	}
	// A key that Yuno did not issue must not be sent to Yuno.
	_, err := client.New(client.Credentials{AccountCode: "493e9374-510a-4201-9e09-de669d75f256", PublicAPIKey: "erasure_k", PrivateSecretKey: "s"})
	if !errors.Is(err, client.ErrInvalidArgument) || !strings.Contains(err.Error(), "YUNO_API_ENDPOINT") {
		t.Errorf("got %v, want an error that names YUNO_API_ENDPOINT", err)
	}
}
