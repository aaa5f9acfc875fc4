// Package provider asks payment providers to delete what they hold about a
// customer. Providers are described, not programmed: one connector is driven by
// a YAML description of the calls to make, how they authenticate, and what each
// response means. A catalogue of descriptions is built in ([Catalogue]);
// docs/providers.md explains how to write another.
//
// [Load] reads a configuration of connections, each a description with
// parameters and secrets. It reports every mistake at once, with file, line and
// field. A [Connection] implements [erasure.Provider].
//
// # What a connection does not do
//
// It never follows a redirect, reads at most 64 KiB of a response, uses https
// only (http to loopback hosts), ignores the proxy variables of the environment
// unless the configuration says `proxy: environment`, and logs nothing. It
// returns an [erasure.Outcome] whose reason is a code from the description or
// from this package, never text from the provider and never a reference.
//
// # What responses mean
//
// The first rule that matches decides. The connection's rules come first, then
// the call's, then these, which apply to every provider:
//
//	401, 403        action_required  key_refused
//	404, 410        action_required  not_found_unconfirmed
//	429             retry            rate_limited, after Retry-After
//	408, 425, 5xx   retry            http_<status>, after Retry-After
//	any other 2xx   retry            unexpected_answer (or answer_too_large)
//	any other HTML  retry            unexpected_answer
//	anything else   retry            unexpected_status (or answer_too_large)
//
// HTML matches no rule that does not ask for it. A response that no rule describes is
// neither a success nor a refusal. It is retried, and package erasure makes the target
// action_required if that goes on. A call without a response is retried until the
// deadline: timeout, connection_failed, tls_failed, canceled.
//
// # What not found proves
//
// A wrong key, account or base URL finds nobody either. So already_gone needs a rule
// with the provider's own words and a proof, as [Connection.Erase] describes; without
// the proof the outcome is retry, not_found_unproven. [Connection.Check] asks for the
// proof, with a read that deletes nothing. After a success a description may verify by
// a read: [erasure.Outcome].Verified.
package provider
