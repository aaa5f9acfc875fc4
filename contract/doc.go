// Package contract judges HTTP exchanges against the contract of Yuno's customer erasure
// call. It is for tests and for trying out an implementation, not for production traffic.
//
//   - [Checker.Transport] goes into a client's tests and judges what the client sends and
//     what it gets.
//   - [Checker.Handler] goes around a server in its tests and judges its responses to any
//     request.
//   - [Checker.JudgeRequest] and [Checker.JudgeResponse] judge recorded exchanges.
//   - [Checker.Coverage] counts which documented responses have been seen.
//
// Package conformance, below this one, runs a whole suite of requests against an
// implementation.
//
// # Two contracts
//
// Without options, a [Checker] judges by the vendored specification and what Yuno's other
// pages document (openapi/overlay.yaml). It accepts every response that these allow, such
// as an error body of {} or one with additional fields. With [WithStrict] it also judges by
// what the servers of this project promise (openapi/overlay-strict.yaml). Yuno does not
// promise any of that, so do not judge Yuno by it.
//
// Some rules apply in both cases although no schema states them, because clients would
// read a response that breaks them differently. A body is one valid JSON value in UTF-8
// with no duplicate key (RFC 8259, sections 4 and 8.1) and nothing after it. It is as long
// as announced, and has at most [MaxBody] bytes ([MaxStrictBody] under WithStrict). No
// response repeats the keys of its request.
//
// # How it judges
//
// kin-openapi reads and validates the document, and validates values against its schemas.
// This package matches requests to operations and judges headers, statuses, media types
// and the form of bodies. A document that uses a part of OpenAPI that is not judged here,
// such as a schema keyword, does not load: New returns an error that names the part.
//
// # What is printed
//
// A [Violation] describes what was found and never quotes it. It contains no key, no
// account code, no customer id and no part of a body. The name of an undocumented body
// field is printed only if it is a common word such as "details".
package contract
