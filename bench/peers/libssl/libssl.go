// Package libssl measures the session cache of the OpenSSL library that is
// installed, as a target of the load generator.
//
// It plays the operations that the other targets play, in C: the threads of a
// slice are C threads, and a slice is one call from Go, so that what a call
// from Go to C costs is in no figure. Sessions are made by libssl, with the
// workload's ids, from the ASN.1 form of sessions as handshakes leave them
// behind: version, cipher suite, master secret, time, timeout and, for those
// with a client certificate, an X509 of their own, as a server has that parses
// what each client sends.
//
// # What is called
//
// An add is SSL_CTX_add_session, a removal SSL_CTX_remove_session, a flush
// SSL_CTX_flush_sessions. Removing is by id and version, not by identity
// (OpenSSL 1.1.1 and later); it makes a difference only where a pool has
// several objects an id, and no workload removes from such a pool.
//
// There is no public function that looks a session up and returns it; a server
// reaches lookup_sess_in_cache by a handshake only. That function takes the
// read lock of the SSL_CTX, calls lh_retrieve with a key built from the id,
// adds a reference and unlocks. A lookup here is SSL_has_matching_session_id,
// which does the same but for the reference, and then SSL_SESSION_up_ref and
// SSL_SESSION_free on the object, which the player knows by its number. So the
// work is all there, but the reference is added outside of the lock, which is
// held shorter than by a server; and whether the session has expired, which a
// server looks at without the lock, is not looked at. What a handshake does
// besides is not counted for any target.
//
// Scan adds a new session where a client's is gone: SSL_SESSION_dup of the
// object of the pool, as tls_construct_new_session_ticket does for each ticket.
// What a later lookup finds then is not the object of the pool, but that is the
// one whose reference count it changes.
//
// libssl keeps its sessions in a list ordered by expiry, and an add looks for a
// place in it from the latest on, under the write lock. Where expiries are not
// in the order of the adds, in workload expiry-mixed, the n-th add takes about
// n/2 steps; so the cache is filled in the order of expiry at the beginning,
// which takes a step each, and between two flushes the sessions are linked
// again in that order. An operation may take milliseconds; a slice ends within
// one operation, and its length is measured, not assumed.
//
// The protocol version is part of the key of libssl's table, so objects with
// the same id, in workload replace, all have the kind of state that the
// workload gives the id's number, not one by the object's own.
//
// # The bound
//
// SSL_CTX_sess_set_cache_size is given one more than the workload's capacity
// where the library keeps one session less than it is told, as OpenSSL 3.0.6
// and later do: they evict after they have counted the new session. So as many
// sessions are kept as in the other targets.
//
// # Memory
//
// Memory is what malloc has given out, its headers and rounding included,
// before and after making the sessions, and before and after opening the
// SSL_CTX and adding sessions to it (mallinfo2 of glibc 2.33 or later, not
// known elsewhere). What libssl allocates once a process is not in it. How
// often malloc is called, in an add once, is not counted: that would take time
// from the operations.
package libssl

/*
#cgo pkg-config: libssl libcrypto
#cgo CFLAGS: -std=gnu11 -O2 -Wall -Wextra -Werror -pthread
#cgo LDFLAGS: -pthread
#include "bench.h"
*/
import "C"

import (
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/workload"
)

// objectBytes is about what a session takes, one in twenty with an X509, in
// bytes.
const objectBytes = 1_300

// Target returns the target libssl.
func Target() measure.Target {
	return measure.Target{
		Name: "libssl", Doc: "the session cache of OpenSSL, driven by C threads", Flushes: true, ObjectBytes: objectBytes,
		Open: func(s workload.Spec, o measure.Options) (measure.Driver, error) {
			d, err := open(s, o)
			if err != nil {
				return nil, err // not a Driver that is a nil pointer
			}
			return d, nil
		},
	}
}

// Version returns what OpenSSL_version says, such as "OpenSSL 3.0.19 27 Jan 2026".
func Version() string { return C.GoString(C.OpenSSL_version(C.OPENSSL_VERSION)) }
