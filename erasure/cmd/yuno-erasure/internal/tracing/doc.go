// Package tracing makes one trace of a delete: the request, the attempts at its targets, and
// the calls of the providers. It exports with OTLP, as the standard environment variables of
// OpenTelemetry say, and does nothing without them.
//
// A trace contains opaque ids and codes. What OpenTelemetry would record of a request, such
// as its path and the client's address, is kept from it.
package tracing
