// Package contract judges HTTP exchanges, and whole implementations, against the
// contract of Yuno's customer erasure call. It is for tests and for trying out an
// implementation; it validates no production traffic.
//
//   - [Checker.Transport] goes into a client's tests: everything the client sends
//     must keep the contract, and everything it gets.
//   - [Checker.Handler] goes around a server in its tests: whatever is asked, the
//     answer must be a documented one.
//   - [Exercise] runs the conformance suite against any implementation in go test,
//     and [Run] against a URL; [Cases] lists it.
//   - [Checker.Coverage] counts which documented answers have been seen.
//
// # Two contracts
//
// Without options, a [Checker] judges by the vendored specification and what Yuno's
// other pages document (openapi/overlay.yaml). It accepts every answer that these
// allow, such as an error body of {} or with fields of its own. With [Strict] it judges
// by what the servers of this project promise as well (openapi/overlay-strict.yaml),
// which is more than Yuno does: do not judge Yuno by it.
//
// Some rules hold in both, although no schema has them, since an answer that breaks
// them means different things to different readers: a body is valid JSON in UTF-8 of at
// most [MaxBody] bytes ([MaxStrictBody] under Strict), with nothing after it and no key twice (RFC 8259, sections 4
// and 8.1); it is as long as announced; and it does not repeat the keys of the request.
//
// # How it judges
//
// kin-openapi reads and validates the document, and validates values against schemas.
// Its filter for requests and responses is not used, because it passes what is wrong in
// silence: empty and repeated headers, bodies where none is documented, any 3xx or
// HEAD, what follows the first JSON value, duplicate keys. Its router is not used
// either: for a handful of path templates it would add gorilla/mux to what importers
// download. A document that uses a part of OpenAPI that is not checked here, a schema
// keyword above all, does not load.
//
// # What is printed
//
// Violations and reports describe what was found and never quote it: they hold no key,
// no account code, no customer id and no part of a body, not even of one that echoes them.
// Names of undocumented keys are printed only if they are common words such as "details".
//
// # What it does not do
//
// From answers alone nobody knows what an implementation did. The suite sees that a
// customer who was refused can still be erased, and mostly that one who was accepted is
// not found afterwards; but a second request may be answered 202 too, and then it does not
// see whether anything happened at all, nor ever whether somebody else is gone as well or
// whether the data is. [Target].Exists lets it look.
//
// It cannot provoke a 500, 503 or 504 from outside; for these, wrap a server whose
// implementation fails on purpose in [Checker.Handler]. Requests that net/http answers
// before any handler, such as those with a header section that is too long, are not in
// the suite.
package contract
