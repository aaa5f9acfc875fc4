// Package server mounts an implementation of the customer erasure contract:
// any [api.StrictServerInterface] becomes an [http.Handler] whose every answer
// is one that the contract documents.
//
// # Who answers what
//
// The implementation decides about one customer of one account. Everything else
// is answered here, in this order, so that without valid keys nothing is learned
// but which path and method exist:
//
//	path      not base path + /customers/ + one segment      404 NOT_FOUND
//	method    not DELETE                                      405 UNSUPPORTED_METHOD, Allow
//	load      too many calls in progress ([WithMaxCalls])     503 SERVICE_UNAVAILABLE, Retry-After
//	keys      missing, empty, repeated, unknown or wrong      401 INVALID_CREDENTIALS
//	          right but no longer valid                       401 EXPIRED_CREDENTIALS
//	rate      the limiter says wait                           429 TOO_MANY_REQUESTS, Retry-After
//	account   x-account-code missing or empty                 400 MISSING_PARAMETERS
//	          repeated                                        400 INVALID_PARAMETERS
//	          not a UUID of 36 characters                     400 INVALID_ACCOUNT_ID
//	customer  over 64 characters; `/`, `\`, `?`, `#`, `;`;
//	          control and format characters, line and
//	          paragraph separators (Unicode Cc, Cf, Zl, Zp);
//	          invalid UTF-8                                   400 INVALID_PARAMETERS
//	body      any                                             400 INVALID_REQUEST
//	access    keys of another account                         403 AUTHORIZATION_REQUIRED
//	implementation: its answer, or
//	          an error, a panic, no answer, an answer that
//	          the contract does not document, a Retry-After
//	          that is no number of seconds                    500 INTERNAL_ERROR
//	          no answer within the deadline                   504 REQUEST_TIMEOUT
//	shutdown  (see [Serve])                                   503 SERVICE_UNAVAILABLE, Retry-After
//
// Every error has a JSON body {"code": "...", "messages": ["..."]}, and every
// answer an X-Request-Id. The text of an error or a panic goes to the log, under
// that id, and never into an answer. Query strings and unknown headers are ignored,
// as the contract knows none.
//
// # Paths
//
// The path is matched as it was sent, before any decoding, and never redirected:
// `//`, `.`, `..`, their percent-encoded forms and a trailing slash name another
// path (RFC 3986, section 6.2.2), which is not found. The id is decoded once.
//
// # What never reaches a handler
//
// net/http answers some requests by itself, in plain text and without a request
// id: a request line or header it cannot parse (400), a missing Host (400), an
// unknown Expect (417), transfer coding (501) or version (505), a header section over
// the limit of [Serve] (431).
//
// Of this module the package imports package api and the form of a UUID, and
// otherwise the standard library alone.
package server
