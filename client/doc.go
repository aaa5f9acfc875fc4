// Package client erases customers at Yuno: one call, DELETE
// /customers/{customer_id}, that cannot quietly do the wrong thing.
//
//	creds, err := client.CredentialsFromEnv()
//	...
//	c, err := client.New(creds, client.OptionsFromEnv()...)
//	...
//	err = c.DeleteCustomer(ctx, customerID)
//
// Yuno deletes or anonymises the customer and has it deleted at every payment
// provider that the customer has used. Nothing undoes it, and a deletion that
// silently did not happen is a breach of the law that asked for it. So nil
// means that Yuno said it accepted the erasure, and whatever else happened is
// an [*Error].
//
// A [Client] is safe for concurrent use. Make one and share it.
//
// # Authentication
//
// [Credentials] are the account code and the two API keys from the Yuno
// Dashboard. [CredentialsFromEnv] reads them from YUNO_ACCOUNT_CODE,
// YUNO_PUBLIC_API_KEY and YUNO_PRIVATE_SECRET_KEY.
//
// The keys are added to a request behind all middleware, go to the scheme and
// host of the base URL and nowhere else, and are shown by no client, error or
// response: not printed with any verb, not logged, not marshalled. [Credentials]
// hide them as far as a struct of strings can. If a server or a transport
// echoes a key, plain or escaped as in URLs and JSON, it is replaced by
// "[redacted]" in errors and responses, provided it has at least 8 bytes. No
// redirect is followed.
//
// # Environments
//
// The base URL is that of [WithBaseURL], which [OptionsFromEnv] sets from
// YUNO_API_ENDPOINT. Without it the prefix of the public key decides: sandbox_
// for [BaseURLSandbox], prod_ for [BaseURLProductionUS]; [New] refuses any
// other, since a key that is not Yuno's must not be sent there. Accounts in
// EMEA have prod_ keys too and must name [BaseURLProductionEMEA]. [New] refuses
// the key of one environment with the URL of another, and any URL that is not
// https, except on loopback hosts.
//
// # Errors
//
// Every failure of a call is an [*Error], with the status, headers and body of
// the answer if there was one, and the code and messages found in it. Branch
// with errors.Is:
//
//	ErrInvalidArgument    nothing was sent: for example, an id that is not 1 to 64
//	                      of the characters A-Z a-z 0-9 - . _ ~ : = or that is
//	                      a dot segment
//	ErrCustomerNotFound   no such customer in this account
//	ErrUnauthorized       401: keys wrong or expired, or address not allowed
//	ErrForbidden          403: no access to this account
//	ErrRateLimited        429: see Error.RetryAfter
//	ErrBadRequest         any other 4xx
//	ErrServer             5xx or 408
//	ErrRedirect           3xx: is the base URL right? Or a transport of yours
//	                      follows redirects
//	ErrTooLarge           the answer's body exceeds 64 KiB
//
// If the context ended, the error matches [context.Canceled] or
// [context.DeadlineExceeded] as well; the latter also if the last attempt took
// too long. An error that matches none of these is a transport error, or a
// status that the contract does not know, such as 200.
//
// The texts of an error, Code, Messages and what Error() returns, do not name the
// customer: the id is replaced like a key. Header and Body are the server's.
//
// [New] reports every mistake in its arguments at once, as ErrInvalidArgument.
//
// # Retries
//
// An attempt is repeated if its answer is 408, 429, 500, 502, 503 or 504, if
// the connection could not be made or broke, even in the middle of a body, or
// if it took longer than [WithAttemptTimeout]. Errors of certificates and of
// middleware are final, and so is the status of a 202, a 204 or a redirect,
// whatever becomes of its body; the body of a 202 or a 204 is given up after a
// second. By default there are two retries, after at most
// 0.5 s and 1 s, with full jitter; see [WithRetry].
//
// Retry-After is honoured. If it asks for more than the longest wait allowed,
// or if the wait would outlive the context's deadline, the answer is returned at
// once instead, with Error.RetryAfter set.
//
// All calls of a client share a retry budget, so that an outage at Yuno is not
// answered with three times the traffic. A failed attempt takes from it and a
// success gives a tenth of that back. After some 50 failures in a row the client
// stops retrying, until successes, or about a minute, have restored the budget.
//
// # Ambiguity
//
// An answer can get lost after Yuno has acted. The retry is then told that there
// is no such customer, although the erasure worked. This package cannot know,
// and does not pretend to: the error is [ErrCustomerNotFound], and
// [Error.MayHaveApplied] is set. The same flag marks every other failure that
// leaves the question open. In short:
//
//	errors.Is(err, ErrCustomerNotFound)   MayHaveApplied   what happened
//	yes                                   no               nobody has this id
//	yes                                   yes              most likely erased by this call
//	no                                    no               not erased; see the error
//	no                                    yes              open: call again later
//
// If you erase ids that Yuno gave you, and nobody else erases them, the second
// line is a success. Calling again does no harm in any case.
//
// # Concurrency
//
// The default transport keeps one idle HTTP/1.1 connection for each call that
// was in flight, however many, for 90 seconds (net/http would keep two). If the
// server speaks HTTP/2, all calls share a connection. [WithMaxInFlight] bounds
// the requests in flight; without it, the number of goroutines does.
//
// HTTP/1.1 matches answers to requests by their order alone. If a server or
// gateway sends a stray second answer on a connection that is kept, net/http
// notices most of the time, closes the connection and says so through package
// log; in an unlucky moment it takes the stray one for the next call's. HTTP/2,
// which Yuno's own hosts are asked for, has no such mistake. The remedy for a
// gateway that is not trusted to count is a connection for each call, which costs
// every one of them a TLS handshake; hence it is not the default:
//
//	client.WithHTTPClient(&http.Client{Transport: &http.Transport{
//		Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}})
//
// # Observability
//
// [WithMiddleware] takes any func(http.RoundTripper) http.RoundTripper, such as
// one that calls otelhttp.NewTransport, and runs for each attempt. Traces hold
// the URL, and with it the customer id: drop the attribute (url.full) if they
// must not. [WithLogger] logs attempts and retries, from a fixed list of harmless
// attributes. The package is silent otherwise, and sends no telemetry.
//
// # Testing
//
// Package sandbox of this module is an in-memory Yuno for tests, with faults on
// demand. Package contract judges every exchange with it by the specification:
//
//	sb := sandbox.New(t, sandbox.WithCustomers("customer-1"))
//	checker, err := contract.New()
//	...
//	c, err := client.New(sb.Credentials(),
//		client.WithBaseURL(sb.URL()),
//		client.WithHTTPClient(&http.Client{Transport: checker.Transport(t, sb.Transport())}))
//
// The checker belongs in the innermost transport, where requests are whole: as
// middleware it would miss the keys. A test that asks the sandbox for faults makes
// its checker with contract.WithRequestsOnly(), for then the answers break the
// contract on purpose.
//
// To fake the client in tests of your own code, declare there the interface that
// it uses:
//
//	type eraser interface {
//		DeleteCustomer(ctx context.Context, customerID string, opts ...client.CallOption) error
//	}
package client
