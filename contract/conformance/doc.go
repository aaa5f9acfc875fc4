// Package conformance judges whole implementations of Yuno's customer erasure call: it
// sends them valid and invalid requests and judges the responses with package contract.
//
// [Exercise] runs the suite in go test, and [Run] anywhere else, such as in a command that
// is given a URL. [Cases] lists the suite. A [Target] describes the implementation.
//
// # What it does not see
//
// Responses alone do not show what an implementation did. The suite checks that a customer
// whose erasure was refused can still be erased. It cannot check that an accepted erasure
// happened, because a second request may be accepted too, or that no other customer and no
// other data was erased. With Target.Exists, it looks up the customers.
//
// The suite cannot provoke a 500, 503 or 504 from outside. To judge those, wrap a server
// whose implementation fails on purpose in [contract.Checker.Handler]. Requests that
// net/http itself rejects, such as those with too long a header section, are not in the
// suite.
//
// # What is printed
//
// A [Report] contains no key, no account code, no customer id and no part of a body, even
// if the implementation echoes them.
package conformance
