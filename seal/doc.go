// Package seal encrypts and authenticates what leaves the process: sessions
// that a shared store keeps, and a whole cache that is handed to the next
// process.
//
// A [Ring] has the keys. One of them seals, all of them open, so that keys can
// be changed without losing what was sealed before. They are changed by hand
// ([NewRing], [Ring.Add], [Ring.Activate], [Ring.Retire]) or by time
// ([NewScheduledRing]), where every node of a fleet derives the same keys from
// one secret and none has to be told. A key's id is derived from the key, so
// nodes that have the same key call it by the same id, and one id never stands
// for two keys.
//
// [Ring.Seal] and [Ring.Open] work on short values, [NewWriter] and
// [NewReader] on streams of any length. Both bind what they seal to an
// [AssociatedData]: what was sealed for one purpose, scope and id opens for no
// other.
//
// # Algorithm
//
// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) with a random nonce of 192
// bits. A fleet that stores a million sessions a minute reaches the 2^32
// invocations which NIST SP 800-38D, section 8.3, allows AES-GCM under one key
// with random nonces in three days; with 192 bits there is no such number to
// watch. Streams use ChaCha20-Poly1305 (RFC 8439) with counted nonces under a
// key of their own. Keys are derived with HKDF-SHA-256 (RFC 5869).
//
// # Key life
//
// RFC 9325, section 3.4, wants the keys that protect resumption data changed
// regularly and what they protect valid for at most half of their life. A
// scheduled ring enforces it, see [Schedule]; who changes keys by hand keeps
// to it by retiring a key no sooner than the longest lifetime of a session
// after the next was activated, and activating for at least as long.
//
// # What is wiped
//
// A ring zeroes a key's bytes when it is retired, when its time is over and
// when the ring is closed; [Key.Wipe] does so for what it was made from. Out of
// reach are copies on stacks, in registers and in the cipher: what it leaves
// behind there is derived for a single value or stream.
//
// No error of this package contains a key, a plaintext or associated data.
// Rings are safe for use by any number of goroutines; a Writer or Reader is
// for one at a time.
package seal
