// Package demo contains the subcommands for trying things out, which serve on this
// machine only: demo runs the whole erasure service on a temporary database with simulated
// providers, and sandbox serves an in-memory Yuno.
package demo
