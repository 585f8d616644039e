// Package conformance compares the engine, through package openssl, with the
// OpenSSL library that is installed: one random sequence of operations is
// applied to both, and after every step all that can be seen of the two must
// agree: what the functions returned, the counters, which sessions are in the
// cache, which callbacks were called with which session in which order and
// whether it was resumable then, times, timeouts, marks, and which sessions
// have been freed.
//
// libssl does not tell a reference count, but it calls an ex_data callback when
// it frees a session. The harness knows how many references it holds itself,
// so that "freed exactly when the harness holds none and the cache does not
// have it" says that the library's other references are none or one, as they
// should be; at the end the harness drops its own one by one. On our side the
// count itself is compared.
//
// Both sides go by one clock, which the sequence moves; libssl by way of a
// time(2) of the harness's. The sessions have few ids, few times and few
// timeouts, and the caches hold up to six, so that everything collides.
// Handshakes of TLS 1.2 run in memory, so that lookups, the new and the get
// callback and their counters are part of it.
//
// What differs on purpose is listed in [Differences], with a reason. The
// harness removes a difference by a setting where there is one, otherwise it
// says at the operation what each side does; nothing else may differ. Each
// difference is also shown by itself, so that one which has gone away does not
// stay in the list.
//
// # Running
//
//	go test -run TestDifferential -v -steps 1000000
//
// The environment variable STEPS does the same. -rapid.seed repeats a run;
// what fails is shrunk, and kept in testdata/rapid, where it is tried again
// first until it is deleted. The test needs OpenSSL 3.0.6 to 3.6 and ELF.
package conformance
