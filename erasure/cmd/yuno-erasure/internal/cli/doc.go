// Package cli is the root of the yuno-erasure command: it parses the command line,
// the environment and the configuration file, runs one subcommand and turns its error
// into an exit status.
//
// The subcommands are in packages by purpose, which this package imports. Package
// command contains what they share, package database the --database flag. Few of them
// import each other: daemon uses the flag of providers, and demo runs daemon with keys
// of admin. A test checks the imports.
package cli
