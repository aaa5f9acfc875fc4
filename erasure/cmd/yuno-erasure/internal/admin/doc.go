// Package admin contains the subcommands by which an operator works on the service's
// database: accounts, customers, erasures, keys, compact and migrate. Except for
// migrate, they work while the service runs on the same database.
package admin
