// Package wire is the one home of each rule about what goes over the wire:
// customer ids, provider references, credentials, error codes, Retry-After,
// Yuno's environments, loopback hosts and UUIDs. Client, server, sandbox,
// contract and erasure call it, so that an id that one of them accepts is
// accepted by all of them.
//
// It imports the standard library only. Internal to this module; no
// compatibility promise.
package wire
