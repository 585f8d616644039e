package golang

import (
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/workload"
)

// Support says whether a peer has one of the properties of the engine.
type Support uint8

// The degrees of support.
const (
	No      Support = iota
	Races           // only while no other goroutine uses the same id
	Adapter         // the adapter adds it to what the library has
	Yes
)

// String returns the degree as a word for a table.
func (s Support) String() string { return [...]string{"no", "races", "adapter", "yes"}[s] }

// A Peer is something one might use instead of the engine, and how far its
// semantics reach.
type Peer struct {
	Name   string // of the target
	Doc    string // what it is, in one line
	Module string // path of the library's module; empty: the standard library, or none

	// Identity: adding a session that is there changes nothing, and a removal
	// removes the session it is given, not another one with its id.
	Identity Support

	// Replacement: another session with an id that is there takes the place of
	// the one that has it in one step: nobody sees neither or both.
	Replacement Support

	// References: the cache holds a reference on each session in it, drops it
	// once when the session leaves, and a lookup adds one for its caller.
	References Support

	// Bound: never more sessions than the capacity, and as many if they are
	// added.
	Bound Support

	// OldestFirst: what was added first is evicted first, however often it was
	// looked up, at least within each part of a large cache.
	OldestFirst Support

	// Expiry: a session is not found when its own time is over.
	Expiry Support

	Waits   string // for what an operation may have to wait
	Adapter string // what the adapter does about what is missing, and what is lost all the same

	// Loses and NoBound are those of [measure.Target].
	Loses, NoBound string

	// New opens the target's cache, nil for targets of package bench.
	New func(capacity int) (workload.Cache, error)

	Flushes bool // the cache is a [workload.Flusher]
}

// SameSemantics reports whether the peer has all that the engine is compared
// by: those are the peers that its speed is measured against.
func (p Peer) SameSemantics() bool {
	for _, s := range []Support{p.Identity, p.Replacement, p.References, p.Bound, p.OldestFirst, p.Expiry} {
		if s < Adapter {
			return false
		}
	}
	return true
}

// Targets returns the peers as targets of the load generator, but for those
// that package bench has.
func Targets() (targets []measure.Target) {
	for _, p := range Peers() {
		if p.New == nil {
			continue
		}
		targets = append(targets, measure.Target{
			Name: p.Name, Doc: p.Doc, New: p.New, NoBound: p.NoBound, Loses: p.Loses, Flushes: p.Flushes,
		})
	}
	return targets
}

// Peers returns the table of the peers: first those with the same semantics,
// then the rest.
func Peers() []Peer {
	all := append(written(), onBench()...)
	all = append(all, maps()...)
	all = append(all, caches()...)
	return append(all, byteCaches()...)
}

// opens makes what opens a cache of a kind.
func opens[C workload.Cache](open func(capacity int) (C, error)) func(int) (workload.Cache, error) {
	return func(capacity int) (workload.Cache, error) { return open(capacity) }
}

// always makes it of a function that cannot fail.
func always[C workload.Cache](open func(capacity int) C) func(int) (workload.Cache, error) {
	return func(capacity int) (workload.Cache, error) { return open(capacity), nil }
}
