// Package store has what belongs between an [engine.Cache] and a session store
// that a fleet shares: decorators of [engine.Store], each of which is an
// engine.Store itself.
//
//   - [Sealed] encrypts and authenticates the values, and hides the ids.
//   - [Queue] writes in the background, in order for each id.
//   - [Breaker] stops asking a store that fails.
//   - [Deadline] bounds every call.
//
// [New] stacks them in this order, from the engine to the store, which is what
// most want. Values are encrypted before they wait in the queue; the breaker
// sees what the store did, deadlines included, and nothing of envelopes that
// do not open; and what the queue writes passes the breaker too.
//
// Stores themselves are modules of their own, store/redis and
// store/memcached. Package storetest tests any store against the contract.
//
// # What a store may do to a session
//
// A store that is slow or down costs full handshakes. One that lies gains
// nothing by it: a value that was changed, cut, or stored under another id,
// scope or key does not open, is counted and is an error. What no store can be
// kept from is to answer with a value that was deleted or replaced; the expiry
// inside the value bounds for how long.
//
// Values are not compressed: they are small and mostly random, and their
// length would tell about their content.
//
// All types are safe for use by any number of goroutines at once. Errors of a
// store below are passed on, wrapped at most, and contain neither ids nor
// values as far as this package is concerned.
package store
