// Package soak drives one cache with everything at once for as long as it is
// told to, checks all along that what the cache promises holds, and accounts in
// the end for every reference, state, byte of heap and goroutine.
package soak
