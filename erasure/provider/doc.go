// Package provider asks payment providers to delete what they hold about a
// customer. Providers are described, not programmed: one connector is driven by
// a YAML description of the calls to make, how to prove who is asking, and what
// each answer means. A catalogue of descriptions is built in ([Catalogue]);
// docs/providers.md says how to write another.
//
// [Load] reads a configuration that names connections, each a description with
// parameters and secrets, and reports every mistake in it at once, with file,
// line and field. A [Connection] implements [erasure.Provider].
//
// # What a connection does not do
//
// It never follows a redirect, reads at most 64 KiB of an answer, talks https
// only (http to loopback hosts), ignores the proxy variables of the environment
// unless the configuration says `proxy: environment`, and logs nothing. What it
// returns is an [erasure.Outcome]: reasons are codes from the description or
// from this package, never text that the provider sent, never a reference.
//
// # What answers mean
//
// The rules are tried in order and the first that matches decides: those of the
// connection, then those of the call, then these, which hold for every provider:
//
//	401, 403        action_required  key_refused
//	404, 410        action_required  not_found_unconfirmed
//	429             retry            rate_limited, after Retry-After
//	408, 425, 5xx   retry            http_<status>, after Retry-After
//	any other 2xx   retry            unexpected_answer (or answer_too_large)
//	anything else   retry            unexpected_status (or answer_too_large)
//
// A 404 means already_gone only where the provider's documentation says so: a
// wrong base URL answers 404 as well, for every customer, and must not read as
// "all gone". An answer that nobody has described is retried until the
// erasure's deadline rather than taken for a success or a refusal. No answer is
// retried too: timeout, connection_failed, tls_failed, canceled.
package provider
