// Package sandbox is an in-memory Yuno for tests: the real [server] over a map of
// customers, with faults on demand.
//
//	func TestErasure(t *testing.T) {
//		sb := sandbox.New(t, sandbox.WithCustomers("c1"))
//		c, err := client.New(sb.Credentials(), client.WithBaseURL(sb.URL()))
//		...
//		sb.FailNext(sandbox.Fault{Kind: sandbox.Unavailable})
//		err = c.DeleteCustomer(ctx, "c1") // the first attempt gets a 503, the retry a 202
//		...
//		left := sb.Customers(sb.Credentials().AccountCode) // none
//		sent := sb.Requests()                              // two
//	}
//
// [New] closes the sandbox when the test ends. A program uses [Open] and
// [Sandbox.Close]. The sandbox listens on its own loopback port. It is also an
// [http.Handler], so it can run in another server.
//
// It serves every operation of the contract, and is stateful: a deleted customer is not
// found afterwards. [Sandbox.FailNext] and [Sandbox.FailCustomer] make requests fail the
// way networks, proxies and overloaded services fail. [Sandbox.Requests] returns what was
// sent, without its secrets.
//
// # Reading customers
//
// A customer who is added by the id alone has no personal data. [WithCustomer] and
// [Sandbox.AddCustomer] add one with data. Like the keys, a read reaches only one account:
//
//	sb := sandbox.New(t, sandbox.WithCustomer(sandbox.Customer{
//		ID: "c1", MerchantCustomerID: "m1", Email: "ada@example.com",
//	}))
//
// Yuno's documentation leaves open what a read gets, so a program should be tested with
// each: an unknown customer may be 400 CUSTOMER_NOT_FOUND or 404 NOT_FOUND
// ([WithNotFoundStatus]), and a deleted one may be unknown, or found without personal
// data ([WithAnonymisation]) or, for a moment, unchanged ([Stale]).
//
// # Time
//
// [Sandbox.Transport] reaches the sandbox without a network. With [WithoutListener]
// nothing else does, and in a [testing/synctest] bubble a test waits for a stall of a
// minute in no time:
//
//	sb := sandbox.New(t, sandbox.WithoutListener())
//	c, err := client.New(sb.Credentials(), client.WithBaseURL(sb.URL()),
//		client.WithHTTPClient(&http.Client{Transport: sb.Transport()}))
//
// # What it does not promise
//
// It follows the contract and this project's server, not Yuno's production system:
//   - A deletion is complete when it is accepted. Yuno's continues at every payment
//     provider that the customer has used, and Yuno does not report when it ends.
//   - A second deletion gets CUSTOMER_NOT_FOUND. What Yuno returns while the first one
//     is running is not documented.
//   - Messages, headers, limits and times are not Yuno's. A customer can have any id of
//     1 to 64 characters that the server accepts; Yuno's have 36 or more.
//   - Nothing is kept: closing the sandbox forgets everything.
//   - A fault is one clean instance of its kind. A connection in memory has no TCP, so
//     there a reset shows as EOF.
package sandbox
