// Package libssl calls the session cache of the OpenSSL library that is
// installed. Each method is the C function of that name; handshakes run in
// memory, with both sides in this process. It is for tests, and for one
// goroutine at a time.
//
// libssl is told the time by [SetTime]: the package defines time(2) and
// gettimeofday(2) for the whole program, and the dynamic linker prefers them
// to those of libc. That needs ELF.
package libssl

/*
#cgo pkg-config: libssl libcrypto
#cgo CFLAGS: -std=gnu11 -Wall -Werror
#include "libssl.h"
#include <openssl/crypto.h>
#include <stdlib.h>
*/
import "C"

import "unsafe"

// Unknown stands for a session without a number.
const Unknown = int(C.UNKNOWN)

// Version returns what OpenSSL_version says, such as "OpenSSL 3.0.19 27 Jan 2026".
func Version() string { return C.GoString(C.OpenSSL_version(C.OPENSSL_VERSION)) }

// VersionNumber returns the major, minor and patch number of the library that
// is linked, which may be newer than its headers.
func VersionNumber() (v [3]int) {
	n := uint64(C.OpenSSL_version_num())
	return [3]int{int(n >> 28), int(n >> 20 & 0xff), int(n >> 4 & 0xff)}
}

// SetTime sets the time, in Unix seconds, that libssl goes by from now on; 0
// gives it the real one.
func SetTime(seconds int64) { C.clock_set(C.int64_t(seconds)) }

// LiveSessions returns how many sessions libssl has allocated and not freed.
func LiveSessions() int { return int(C.live_sessions()) }

func truth(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

// bytes returns what C takes for b: a copy that it must not keep.
func bytes(b []byte) (*C.uchar, C.uint) {
	if len(b) == 0 {
		return nil, 0
	}
	return (*C.uchar)(unsafe.Pointer(&b[0])), C.uint(len(b))
}
