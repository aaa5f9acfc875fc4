// Package ops is the operations page of the erasure service: HTML that the server renders,
// for the people who look after erasures. It shows what needs a person and lets operators do
// that, with the functions that the command uses too.
//
// Every page works without script. The page has no external resources, and its
// Content-Security-Policy allows none. It is slow or broken for itself only: few requests
// use the database at once, each for a limited time.
//
// Internal to this module; no compatibility promise.
package ops
