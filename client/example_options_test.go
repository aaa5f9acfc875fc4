package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/yuno-community/yuno-customers/client"
)

func ExampleCredentialsFromEnv() {
	yuno := exampleServer(accept)
	defer yuno.Close()
	for name, value := range map[string]string{
		"YUNO_ACCOUNT_CODE":       "493e9374-510a-4201-9e09-de669d75f256",
		"YUNO_PUBLIC_API_KEY":     "sandbox_public",
		"YUNO_PRIVATE_SECRET_KEY": "sandbox_private",
		"YUNO_API_ENDPOINT":       yuno.URL + "/v1", // leave it unset to call Yuno
	} {
		os.Setenv(name, value)
		defer os.Unsetenv(name)
	}

	creds, err := client.CredentialsFromEnv()
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := client.New(creds, client.OptionsFromEnv()...)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(creds)
	fmt.Println(c.DeleteCustomer(context.Background(), "8d0d2b0c-52a3-4c0e-9b65-6ab1d0ec8a1d"))
	// Output:
	// Credentials{AccountCode:"493e9374-510a-4201-9e09-de669d75f256" PublicAPIKey:[redacted] PrivateSecretKey:[redacted]}
	// <nil>
}

// A worker with a queue has no use for long waits: it asks for one quick retry and
// leaves the rest to the queue.
func ExampleWithRetry() {
	yuno := exampleServer(respond(503, "", "Retry-After", "30"))
	defer yuno.Close()
	c, err := client.New(exampleCredentials,
		client.WithBaseURL(yuno.URL+"/v1"),
		client.WithRetry(1, time.Second),
		client.WithAttemptTimeout(10*time.Second),
	)
	if err != nil {
		fmt.Println(err)
		return
	}

	err = c.DeleteCustomer(context.Background(), "8d0d2b0c-52a3-4c0e-9b65-6ab1d0ec8a1d")
	var e *client.Error
	if errors.As(err, &e) && e.RetryAfter > 0 {
		fmt.Printf("%d, try again in %v (%d attempt)\n", e.StatusCode, e.RetryAfter, e.Attempts)
	}
	// Output: 503, try again in 30s (1 attempt)
}

func ExampleWithResponse() {
	yuno := exampleServer(respond(202, "", "X-Request-Id", "7f0c"))
	defer yuno.Close()
	c, err := client.New(exampleCredentials, client.WithBaseURL(yuno.URL+"/v1"))
	if err != nil {
		fmt.Println(err)
		return
	}

	var resp client.Response
	err = c.DeleteCustomer(context.Background(), "8d0d2b0c-52a3-4c0e-9b65-6ab1d0ec8a1d", client.WithResponse(&resp))
	fmt.Println(err, resp.StatusCode, resp.Attempts, resp.RequestID)
	// Output: <nil> 202 1 7f0c
}

// Middleware sees each attempt, but not the keys.
func ExampleWithMiddleware() {
	yuno := exampleServer(respond(502, ""), accept)
	defer yuno.Close()

	trace := func(next http.RoundTripper) http.RoundTripper {
		return roundTripFunc(func(req *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(req)
			if err == nil {
				fmt.Printf("%s %d, key seen: %v\n", req.Method, resp.StatusCode, req.Header.Get("private-secret-key") != "")
			}
			return resp, err
		})
	}
	c, err := client.New(exampleCredentials,
		client.WithBaseURL(yuno.URL+"/v1"),
		client.WithRetry(2, 10*time.Millisecond),
		client.WithMiddleware(trace),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.DeleteCustomer(context.Background(), "8d0d2b0c-52a3-4c0e-9b65-6ab1d0ec8a1d"))
	// Output:
	// DELETE 502, key seen: false
	// DELETE 202, key seen: false
	// <nil>
}
