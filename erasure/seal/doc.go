// Package seal encrypts personal data at rest, and makes it unreadable for good by
// destroying a key.
//
// There are two levels of keys. Every row with personal data or a provider's
// references has its own data key (AES-256-GCM). The row stores it wrapped under a
// master key, which is in no database: it comes from a file or the environment and
// is part of a [Ring]. Destroying the wrapped data key makes the row's data
// unreadable in that row, and nowhere else: a backup, a replica, a database server's log
// or a dead row from before the destruction still contains the wrapped key, and the
// master key opens it. What was sealed under a master key is unreadable everywhere once
// every copy of that master key is destroyed. So an erasure reaches older backups from
// the time at which the master key that was current before it has been replaced
// ([Rotate]) and destroyed: removed from every key file and environment ([Drop]), and
// from every backup of those. This package can remove it from the key file only.
//
// Every ciphertext is bound to a [Place]. It does not open after it was moved to
// another row or column.
//
// The byte formats:
//
//	wrapped key  1 (version) ‖ 8 (id of the master key) ‖ 12 (nonce) ‖ 32 (key) ‖ 16 (tag)
//	sealed data  12 (nonce) ‖ n (data) ‖ 16 (tag)
//
// Three values are derived from a master key with HKDF-SHA-256: the key that wraps,
// the key of [Ring.Lookup], and the public id. Nonces are random. A data key seals
// only a few values in its life. A master key may wrap 2^32 data keys (NIST SP
// 800-38D, section 8.3) before it has to be rotated.
//
// Keys are never printed. A Ring formats, logs and marshals as the public ids of its
// keys, and a Key as a fixed text.
package seal
