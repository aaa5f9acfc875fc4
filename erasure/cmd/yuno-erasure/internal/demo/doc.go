// Package demo holds the subcommands that serve on this machine alone, to try things
// out: demo runs the whole erasure service on a temporary database with simulated
// providers, and sandbox serves an in-memory Yuno.
package demo
