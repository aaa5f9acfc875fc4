// Package server mounts an implementation of the customer contract. It turns any
// [api.StrictServerInterface] into an [http.Handler] that sends only responses the
// contract documents.
//
//	keys, err := server.NewStaticKeys(server.StaticKey{
//		PublicAPIKey: "...",
//		SecretSHA256: hash, // sha256.Sum256 of the private secret key
//		AccountCodes: []string{"3b1f0f5e-6c1b-4f0e-9f3a-0d6d5a0c7e11"},
//	})
//	...
//	handler, err := server.New(implementation, keys)
//	...
//	listener, err := net.Listen("tcp", ":8443")
//	...
//	err = server.Serve(ctx, listener, handler, server.WithTLSFiles("tls.crt", "tls.key"))
//
// The implementation has one method per operation. One that offers only some of them
// embeds [Unsupported], which responds to the others:
//
//	func (s *service) DeleteCustomer(
//		ctx context.Context, r api.DeleteCustomerRequestObject,
//	) (api.DeleteCustomerResponseObject, error) {
//		found, err := s.erase(ctx, r.Params.AccountCode, r.CustomerID)
//		if err != nil {
//			return nil, err // a 500; the error is logged
//		}
//		if !found {
//			return api.DeleteCustomer400JSONResponse{
//				Code:     server.CodeCustomerNotFound,
//				Messages: []string{"Customer not found."},
//			}, nil
//		}
//		return api.DeleteCustomer202Response{}, nil
//	}
//
// A 429 or 503 needs a type of its own, because the generated package has none. Its
// VisitDeleteCustomerResponse method writes the Retry-After header, the status and a
// JSON body. Without that header the client is told to wait 5 seconds.
//
// Keys that are kept elsewhere, in a database for example, need an [Authenticator]
// instead of [StaticKeys].
//
// # Order of checks
//
// The implementation decides about customers. The handler responds to everything else,
// in this order. Without valid keys a caller learns only which path and method exist.
//
//	path      not one of the contract                         404 NOT_FOUND
//	method    not one of the path, or not served
//	          (WithOperations)                                405 UNSUPPORTED_METHOD, Allow
//	load      too many calls in progress (WithMaxCalls)       503 SERVICE_UNAVAILABLE, Retry-After
//	keys      missing, empty, repeated, unknown or wrong      401 INVALID_CREDENTIALS
//	          expired                                         401 EXPIRED_CREDENTIALS
//	          too many wrong ones (WithGuard)                 429 TOO_MANY_REQUESTS, Retry-After
//	rate      the limiter returns a wait (WithLimiter)        429 TOO_MANY_REQUESTS, Retry-After
//	header,   a required one is missing or empty              400 MISSING_PARAMETERS
//	query     repeated                                        400 INVALID_PARAMETERS
//	account   not a UUID of 36 characters                     400 INVALID_ACCOUNT_ID
//	customer  over 64 characters; `/`, `\`, `?`, `#`, `;`;
//	          control and format characters, line and
//	          paragraph separators (Unicode Cc, Cf, Zl, Zp);
//	          invalid UTF-8                                   400 INVALID_PARAMETERS
//	external  merchant_customer_id missing or empty           400 MISSING_PARAMETERS
//	id        over 255 characters, control characters,
//	          invalid UTF-8                                   400 INVALID_PARAMETERS
//	body      any                                             400 INVALID_REQUEST
//	access    keys of another account                         403 AUTHORIZATION_REQUIRED
//	implementation: its response, which is a 405
//	          UNSUPPORTED_METHOD if it lacks the operation, or
//	          an error, a panic, no response, a response that
//	          the contract does not document, a Retry-After
//	          that is not a number of seconds                 500 INTERNAL_ERROR
//	          no response within the timeout (WithTimeout)    504 REQUEST_TIMEOUT
//	shutdown  in progress (Serve)                             503 SERVICE_UNAVAILABLE, Retry-After
//
// Every error has a JSON body {"code": "...", "messages": ["..."]}, and every
// response an X-Request-Id. Responses to GET carry Cache-Control: no-store, because
// they may contain personal data. The text of an error or a panic is logged with that
// id and never sent. Query parameters and headers that the operation does not define
// are ignored.
//
// The operations that retrieve a customer name no account. The implementation searches
// the accounts that [PrincipalOf] returns, and responds to an unknown customer with
// 404 NOT_FOUND or 400 CUSTOMER_NOT_FOUND. Both are documented.
//
// A customer is sent as package api describes it, whatever type the implementation
// returns: properties that the contract does not document are left out, so that nothing
// is disclosed by accident. So are those that are null or empty, because api.Customer
// does not tell these apart and the contract gives them one meaning: there is no value.
// Addresses, phone and document are always sent; without a value they are {}.
//
// # Paths
//
// The path is matched as it was sent, before any decoding, and never redirected:
// `//`, `.`, `..`, their percent-encoded forms and a trailing slash make it another
// path (RFC 3986, section 6.2.2), which is not found. The id is decoded once.
//
// # Requests that never reach the handler
//
// [Serve] responds to a request whose length two headers declare with 400
// INVALID_REQUEST, and to requests during a shutdown as above.
//
// net/http responds to some requests itself, in plain text and without a request
// id: a request line or header it cannot parse (400), a missing Host (400), an
// unsupported Expect (417), transfer coding (501) or version (505), and a header
// section over the limit of [Serve] (431).
package server
