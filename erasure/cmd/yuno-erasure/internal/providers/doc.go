// Package providers is the providers subcommand: it checks the configuration of payment
// providers and shows the requests that an erasure would send. It also has the flag that
// names the configuration file.
package providers
