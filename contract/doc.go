// Package contract judges HTTP exchanges against the contract of Yuno's customer erasure
// call, or against any other OpenAPI document. It is for tests and for trying out an implementation, not for production traffic.
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
// kin-openapi's middleware (openapi3filter, with routers/legacy) judges everything that the
// document says, whatever part of OpenAPI 3.0 or 3.1 it uses. Rules of this package judge
// what kin-openapi is silent about, such as a repeated header or a duplicate JSON key, and
// overrule it where it is wrong, such as on an id that contains an escaped slash. Each rule
// has a name and a reason in the tables pathRules, requestRules, responseRules and
// bodyRules. [WithDocument] judges by any other document.
//
// Limits: a body of a media type without a decoder in openapi3filter, such as XML, is only
// judged by its media type. A pattern that package regexp does not support matches every
// text. A document in several files is an error.
//
// # What is printed
//
// A [Violation] describes what was found and never quotes it. It contains no key, no
// account code, no customer id and no part of a body. The name of an undocumented body
// field is printed only if it is a common word such as "details".
package contract
