// Package sandbox is an in-memory Yuno for tests: the real [server] over a map of
// customers, with faults on demand.
//
//	sb := sandbox.New(t, sandbox.WithCustomers("c1"))
//	c, err := client.New(client.Credentials(sb.Credentials()), client.WithBaseURL(sb.URL()))
//
// It is stateful: a deleted customer is not found afterwards. [Sandbox.FailNext] and
// [Sandbox.FailCustomer] have requests fail the way networks, proxies and overloaded
// services fail; [Sandbox.Requests] tells what was sent, without its secrets.
//
// # Time
//
// [Sandbox.Transport] reaches the sandbox without a network. With [WithoutListener]
// nothing else does, and a test in a [testing/synctest] bubble waits for a stall of a
// minute in no time at all.
//
// # What it does not promise
//
// It follows the contract and this project's server, not Yuno's production system:
//   - A deletion is complete when it is accepted. Yuno's goes on, at every payment
//     provider the customer has used, and says nothing of when it ends.
//   - A second deletion is answered CUSTOMER_NOT_FOUND. What Yuno answers while the
//     first is running is not documented.
//   - Messages, headers, limits and times are not Yuno's. Any customer id that the
//     server takes can exist, of 1 to 64 characters; Yuno's have 36 or more.
//   - Nothing is kept: closing the sandbox forgets everything.
//   - A fault is one clean instance of its kind. In memory a reset shows as EOF, since
//     there is no TCP.
package sandbox
