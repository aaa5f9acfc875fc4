// Package sqlstore stores accounts, customers and erasures in SQLite or PostgreSQL,
// through database/sql.
//
// Both engines share one set of statements and one set of migrations. Where they
// differ in more than configuration, a method of [Engine] returns the difference.
//
// # Durability
//
// A method that returns nil has committed, and the commit is on disk: SQLite runs
// with a write-ahead log and synchronous=FULL, and [Open] rejects a PostgreSQL
// session with synchronous_commit=off.
//
// # Writers
//
// SQLite allows one writer at a time. This package therefore opens one writing
// connection, so that writers queue in this process, and a separate pool of reading
// connections. Requests and workers that wait for the writing connection share a
// transaction, and with it the wait for the disk: see groups. All connections cache
// their prepared statements.
//
// On PostgreSQL every transaction locks rows in the same order: erasures by id, then
// targets by id. Only Accept locks a customer together with an erasure and targets,
// and those are new.
//
// # What remains of an erased customer
//
// The row keeps the account and the opaque customer id, so that the customer stays
// erased. It loses the ciphertext of the personal data, the wrapped key and the
// HMAC. The provider references remain in the targets, sealed under keys of their
// own, and are destroyed when their target is final and needs no attention: at once, or
// by [Store.Purge] after the time for which it can be reopened.
//
// SQLite overwrites deleted content in its files with zeros (secure_delete=ON), but not the
// copy of a row that may stay in the unused part of a page when rows move between pages, nor
// the older versions of pages in the write-ahead log. An open Store truncates the log about a
// second after the last erasure, and overwrites the copies within the next two to three
// minutes per gigabyte of the file. It does both by itself, beside the requests and on a
// separate connection: see cleaner. Open and Close truncate the log as well, unless a reader
// of another process uses it. [Store.Compact] does everything at once. What a process erased
// that ended within that time is done when a Store is opened, or within an hour by one that
// is open.
//
// PostgreSQL keeps dead rows until VACUUM, some of them until VACUUM FULL, and its
// log as long as it is configured to. All of that is ciphertext, whose keys are
// wrapped under a master key that PostgreSQL never sees. [Store.Compact] removes what
// can be removed.
package sqlstore
