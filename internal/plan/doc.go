// Package plan answers how large session caches must be, how much memory and
// how many cores a fleet needs for a given traffic, and what a shared store
// would gain: from a description of the traffic, by formulas, with the
// assumptions they make. [Rehearse] plays the same description through the
// engine itself.
//
// The heart is a law of residence. Sessions have the same lifetime, so the
// engine's eviction, the earliest to expire first, takes the oldest: a session
// stays for some time T that follows from how many the cache holds and how many
// come in (Little's law), and a return after a gap g hits iff g is at most T. In
// TLS 1.3, where every handshake makes a new session, T is capacity divided by
// the rate of handshakes, if less than the lifetime. Probation, single use and
// TLS 1.2, where a session outlives its resumptions, change what a session's
// stay adds up to, not the principle; see residence.go.
package plan
