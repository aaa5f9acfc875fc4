// Package cli is the root of the yuno-erasure command: it parses the command line,
// the environment and the configuration file, runs one subcommand and turns its error
// into an exit status.
//
// The subcommands are in packages by purpose. Imports go one way:
//
//	cli → admin, bulkdelete, conform, daemon, demo, providers → database → command
//
// with two exceptions: daemon uses the flag of providers, and demo runs daemon on
// keys made by admin. Package command imports none of the others.
package cli
