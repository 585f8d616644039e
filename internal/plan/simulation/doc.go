// Package simulation replays handshakes into the engine itself, on a virtual
// clock: [engine.Cache] with the configuration a server would give it, and the
// calls a server would make. What is simulated is the clients and the time,
// nothing of the cache.
//
// Session ids are hashed over a prefix that is drawn once a process, so that
// caches above 64 sessions, whose eviction looks at a sample, answer slightly
// differently in each process.
package simulation
