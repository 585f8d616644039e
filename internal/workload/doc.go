// Package workload says what a load generator does to a session cache: which
// sessions there are, with states from real TLS handshakes; which of them an
// operation concerns, by a key law; and in which order the operations come.
//
// Everything but the bytes of the states follows from a [Spec], whose seed
// gives the same ids and the same operations on any machine. Operations are
// drawn before the clock starts, and playing them allocates nothing.
package workload
