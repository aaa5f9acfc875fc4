// Package erasure is the durable service behind DELETE /customers/{customer_id}:
// it accepts a delete once, erases the customer here in the same transaction, and
// asks every payment provider that the customer has used to do the same.
//
// The package holds the domain: its words, its rules and the interfaces of its
// parts. Package sqlstore keeps it in SQLite or PostgreSQL, package provider
// talks to the providers, and cmd/yuno-erasure ties them together.
package erasure
