// Package conformance judges whole implementations of the customer contract: it sends them
// valid and invalid requests and judges the responses with package contract.
//
// [Exercise] runs the suite in go test, and [Run] anywhere else, such as in a command that
// is given a URL. [Cases] lists the suite. A [Target] describes the implementation.
//
// # Reads
//
// The deletion is always judged, and so are the operations that retrieve a customer if the
// target serves them: those that Target.Operations names or that respond to a probe. Cases
// about other operations are skipped, with a reason that says what the probe got.
//
// Cases about another account come first. A read after a deletion may find no customer, or
// one without personal data: ids, timestamps and countries may stay, and texts may be
// masked. An accepted erasure may take a while, so a case asks until the time limit of a
// request has passed. Customers need personal data and a merchant_customer_id; without them
// the cases that need those are skipped.
//
// # What it does not see
//
// Responses alone do not show what an implementation did. The suite checks that a customer
// whose erasure was refused can still be erased. It cannot check that an accepted erasure
// happened, because a second request may be accepted too, or that no other customer and no
// other data was erased. A wrong implementation may erase customers that were not named, so
// do not run the suite where that does harm. With Target.Exists, it looks up the customers.
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
//
// For a failed case, it has the requests that show the violations, each as a line for curl
// and a POSIX shell. In place of keys and account codes, the lines have the variables that
// yuno-erasure conform reads; in place of the ids of customers, those that
// [Result.Variables] explains. Ids that the suite made up, which belong to nobody, are shown.
package conformance
