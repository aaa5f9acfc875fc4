// Package admin holds the subcommands by which an operator works on the service's
// database: accounts, customers, erasures, keys, compact and migrate. Unless it says
// otherwise, each of them works while the service runs on the same database.
package admin
