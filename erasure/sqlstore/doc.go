// Package sqlstore keeps accounts, customers and erasures in SQLite or
// PostgreSQL, through database/sql. It implements [erasure.Store].
//
// There is one set of statements and one set of migrations for both. Where the
// engines differ in more than configuration, a method of [Engine] says how.
//
// # Durability
//
// A method that returns nil has committed, and the commit is on disk: SQLite runs
// with a write-ahead log and synchronous=FULL, and a PostgreSQL session with
// synchronous_commit=off is refused.
//
// # Writers
//
// SQLite has one writer at a time, so this package opens one writing connection,
// which keeps waiting orderly in this process, and a separate pool of reading ones.
// Requests and workers that wait for it share a transaction, and so the wait for
// the disk: see groups. Both kinds keep their prepared statements.
//
// On PostgreSQL a transaction locks rows in one order: erasures by id, then
// targets by id; customers are never locked together with them except by Accept,
// whose erasure and targets are new.
//
// # What remains of an erased customer
//
// The row keeps the account and the opaque customer id, so that the customer
// stays erased. The ciphertext of the personal data, its wrapped key and the HMAC
// are gone from it. The provider references live on in the targets, sealed under
// keys of their own, until each target is final, and then go too.
//
// In the files of SQLite, deleted content is overwritten with zeros
// (secure_delete=ON), and the write-ahead log, which holds older versions of the
// pages, is truncated within about a second of the last erasure, on Close and on
// Open. That runs beside the requests, on a connection of its own: see
// truncator. PostgreSQL keeps dead rows until VACUUM (and in part until VACUUM
// FULL), and its log for as long as it is configured to: all of that is
// ciphertext, and its key was wrapped under a master key that PostgreSQL never
// sees. [Store.Compact] removes what can be removed.
package sqlstore
