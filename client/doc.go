// Package client erases customers at Yuno, with DELETE /customers/{customer_id}, and
// retrieves them. It never reports success unless Yuno accepted the erasure, or returned
// the customer that was asked for.
//
//	creds, err := client.CredentialsFromEnv()
//	...
//	c, err := client.New(creds, client.OptionsFromEnv()...)
//	...
//	err = c.DeleteCustomer(ctx, customerID)
//
// Yuno deletes or anonymises the customer and has the customer deleted at every
// payment provider that it has used. This cannot be undone, and a deletion that
// silently did not happen violates the law that requires it. So nil means that
// Yuno accepted the erasure, and every other result is an [*Error].
//
// A [Client] is safe for concurrent use. Create one and share it.
//
// [Client.Customer] and [Client.CustomerByMerchantID] retrieve a customer by Yuno's id
// or the merchant's. A [Customer] shows its personal data only to code that asks for it,
// and tells whether it is anonymised, so that a program can check what an erasure did.
//
// # Authentication
//
// [Credentials] are the account code and the two API keys from the Yuno
// Dashboard. [CredentialsFromEnv] reads them from YUNO_ACCOUNT_CODE,
// YUNO_PUBLIC_API_KEY and YUNO_PRIVATE_SECRET_KEY.
//
// The keys are added to a request after all middleware, and are sent only to the
// scheme and host of the base URL. No redirect is followed. No client, error or
// response shows the keys: they are not printed by any verb, logged or marshalled.
// [Credentials] hide them as far as a struct of strings can. If a server or a
// transport echoes a key, plain or escaped as in URLs and JSON, it is replaced by
// "[redacted]" in errors and responses, provided it has at least 8 bytes.
//
// # Environments
//
// The base URL is that of [WithBaseURL], which [OptionsFromEnv] sets from
// YUNO_API_ENDPOINT. Without it, the prefix of the public key decides: sandbox_
// selects [BaseURLSandbox], and prod_ selects [BaseURLProductionUS]. The prefixes
// staging_ and dev_ select Yuno's own environments of these names. [New] rejects any
// other prefix, because a key that Yuno did not issue must not be sent there.
// Accounts in EMEA have prod_ keys too, and must set [BaseURLProductionEMEA]. [New]
// rejects the key of one environment with the URL of another, and any URL that is
// not https, except on loopback hosts. At y.uno and below it, it also rejects a base
// URL that does not end in /v1, and account codes that are not UUIDs. Elsewhere, at a
// gateway or another implementation of the contract, paths and account codes are free.
//
// # Errors
//
// Every failure of a call is an [*Error], with the status, headers and body of the
// response if there was one, and the code and messages found in it. Use errors.Is:
//
//	ErrInvalidArgument    nothing was sent: for example, an id that is not 1 to 64
//	                      of the characters A-Z a-z 0-9 - . _ ~ : = or that is
//	                      a dot segment
//	ErrCustomerNotFound   no such customer in this account
//	ErrUnexpectedBody     a 200 with another body than the customer asked for
//	ErrOtherCustomer      the same, and it names another customer or a list of them
//	ErrUnauthorized       401: keys wrong or expired, or IP address not allowed
//	ErrForbidden          403: no access to this account
//	ErrRateLimited        429: see Error.RetryAfter
//	ErrBadRequest         any other 4xx
//	ErrServer             5xx or 408
//	ErrRedirect           3xx: check the base URL; or a transport of yours
//	                      follows redirects
//	ErrTooLarge           the response body exceeds 64 KiB
//	ErrProxy              the proxy cannot be reached or refuses to connect
//	ErrTLS                no TLS connection: certificate, version, a broken or
//	                      slow handshake, a port without TLS
//
// If the context ended, the error also matches [context.Canceled] or
// [context.DeadlineExceeded]; it matches the latter, too, if the last attempt took
// too long. An error that matches none of these is a transport error, or a status
// that the contract does not define, such as a 200 to an erasure.
//
// The texts of an error (Code, Messages, RequestID and the result of Error) do not name
// the customer: the id is redacted like a key. Header and Body are the server's. Give
// RequestID, the response's X-Request-Id, to Yuno's support.
//
// [New] reports every mistake in its arguments at once, as ErrInvalidArgument.
//
// # Retries
//
// An attempt is retried if the response is 408, 429, 500, 502, 503 or 504, if the
// connection could not be made or broke, even during a body, or if the attempt
// took longer than [WithAttemptTimeout]. Errors that a retry would only repeat are
// final: of middleware, of certificates and TLS versions, of a port without TLS, and of
// a proxy that refuses with any other status than those. So is the status of a 202, a 204 or a redirect, whether or not its
// body is complete; reading the body of a 202 or 204 ends after one second. By
// default there are two retries, after at most 0.5 s and 1 s, with full jitter; see
// [WithRetry].
//
// Retry-After is honored. If it is longer than the longest wait allowed, or if the
// wait would outlive the context's deadline, the call returns the response at once
// instead, with Error.RetryAfter set.
//
// All calls of a client share a retry budget, so that an outage at Yuno does not
// triple the traffic. A failed attempt takes from it, and a success gives back a
// tenth of that. After about 50 failures in a row the client stops retrying, until
// successes, or about a minute, have restored the budget.
//
// Reads are retried in the same way.
//
// # Ambiguity
//
// A read has no effect, so this is about erasures. A response can get lost after Yuno has
// acted. The response to the retry is then that there is no such customer, although the
// erasure worked. This package cannot know which is true, and does not guess: the error
// is [ErrCustomerNotFound], and [Error.MayHaveApplied] is set. The same flag marks every other failure after
// which the erasure may have been accepted.
//
// A request that never got a connection was not sent, whatever failed: name, dial,
// proxy, TLS or time. The client learns that from net/http/httptrace, which every
// *http.Transport and what wraps one support. A transport that does not tell may have
// sent the request; so may a protocol that TLSNextProto adds, unless it calls GotConn.
//
// A request that the transport may have sent and repeats by itself is ambiguous unless
// it succeeds. That of net/http does so for HTTP/2: after GOAWAY and REFUSED_STREAM,
// which say that the server did not act, and after PROTOCOL_ERROR, which does not. For
// HTTP/1 it repeats only what was not written. In short:
//
//	errors.Is(err, ErrCustomerNotFound)   MayHaveApplied   what happened
//	yes                                   no               the account has no customer with this id
//	yes                                   yes              most likely erased by this call
//	no                                    no               not erased; see the error
//	no                                    yes              unknown: call again later
//
// If Yuno issued the ids that you erase, and no other process erases them, the
// second line is a success. Calling again never does harm.
//
// # Concurrency
//
// The default transport keeps one idle HTTP/1.1 connection for each call that was
// in flight, without a limit, for 90 seconds (net/http would keep two). If the
// server speaks HTTP/2, all calls share a connection. [WithMaxInFlight] limits the
// requests in flight; without it, the number of goroutines does.
//
// HTTP/1.1 matches responses to requests only by their order. If a server or
// gateway sends a stray second response on a connection that is kept, net/http
// usually notices, closes the connection and logs that through package log. If it
// does not notice in time, it takes the stray response for that of the next call.
// HTTP/2, which the client requests from Yuno's own hosts, does not have this
// problem. For a gateway that may do this, use one connection per call. That costs
// a TLS handshake per call, so it is not the default:
//
//	client.WithHTTPClient(&http.Client{Transport: &http.Transport{
//		Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}})
//
// # Observability
//
// [WithMiddleware] accepts any func(http.RoundTripper) http.RoundTripper, such as
// one that calls otelhttp.NewTransport, and runs it for each attempt. Middleware sees
// the URL, and with it the customer id; wrapped in [HideIDs] it does not, so that no
// trace contains the id. examples/otelhttp in this module's repository shows both.
// [WithLogger] logs attempts and retries, with a fixed list of attributes that are never
// personal data. Otherwise the package logs nothing, and it sends no telemetry.
//
// # Testing
//
// Package sandbox of this module is an in-memory Yuno for tests, with faults on
// demand. Package contract checks every exchange with it against the
// specification:
//
//	sb := sandbox.New(t, sandbox.WithCustomers("customer-1"))
//	checker, err := contract.New()
//	...
//	c, err := client.New(sb.Credentials(),
//		client.WithBaseURL(sb.URL()),
//		client.WithHTTPClient(&http.Client{Transport: checker.Transport(t, sb.Transport())}))
//
// The checker must be the innermost transport, where requests are complete: as
// middleware it would not see the keys. In a test that asks the sandbox for faults,
// create the checker with contract.WithRequestsOnly(), because such responses break
// the contract on purpose.
//
// To fake the client in tests of your own code, declare the interface that your
// code uses:
//
//	type eraser interface {
//		DeleteCustomer(ctx context.Context, customerID string, opts ...client.CallOption) error
//	}
package client
