// Package seal keeps personal data unreadable at rest, and makes it unreadable
// for good by forgetting a key.
//
// There are two levels. Every row that holds personal data or a provider's
// reference has a data key of its own (AES-256-GCM). The data key stands beside
// the row, wrapped under a master key that is in no database: it comes from a
// file or the environment and is held in a [Ring]. Destroying a wrapped data key
// destroys what it sealed, in every copy of the database, backups included.
//
// Every ciphertext is bound to a [Place], so one that is moved to another row or
// column does not open.
//
// Formats, byte by byte:
//
//	wrapped key  1 (version) ‖ 8 (id of the master key) ‖ 12 (nonce) ‖ 32 (key) ‖ 16 (tag)
//	sealed data  12 (nonce) ‖ n (data) ‖ 16 (tag)
//
// What is used under a master key is derived from it with HKDF-SHA-256: one key
// that wraps, one for [Ring.Lookup], and the key's public id. Nonces are random:
// a data key seals a handful of values in its life, and a master key may wrap
// 2^32 data keys (NIST SP 800-38D, section 8.3) before it should be rotated.
//
// No key is ever printed: a Ring and a Key format as their public ids, whatever
// the verb, and log and marshal as the same.
package seal
