// Package daemon is the serve subcommand: the HTTP API that accepts deletes, the
// workers that ask the payment providers, and the operations listener beside them.
// Package demo runs the same [Daemon] on a temporary database.
package daemon
