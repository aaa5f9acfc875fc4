// Package erasurelog is the file format of the erasure log: what was erased, so that it
// can be erased again in a database that was restored from an older copy.
//
// A file consists of lines of JSON: a header, one line per change of an erasure, and, if
// it is complete, an end. Every line has a checksum (SHA-256, 128 bits of it) over itself
// and the checksum of the line before, across the files of a log. A line that was changed,
// removed, inserted or moved is found, and a file that was cut short lacks its end. The
// checksums are no signature: somebody who may write the file can make one with
// matching ones.
//
// The lines contain account codes, customer ids, ids of erasures and targets, names of
// connections, states, reason codes and times. They contain no reference of a provider
// and nothing else about a person.
package erasurelog
