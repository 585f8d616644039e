package measure

import (
	"sync/atomic"
	"time"
)

// A Driver runs slices of one workload on one target, one slice at a time.
type Driver interface {
	// Describe says what was opened. It is called once, before the first
	// slice.
	Describe() Description

	// Slice runs the workload on the given number of goroutines for a while,
	// or until stop is set.
	Slice(goroutines int, d time.Duration, stop *atomic.Bool) Sample

	// Finish ends the run: it closes the cache and reports what is wrong with
	// it, and what is measured once a run.
	Finish() Finding
}

// Options are what a driver is opened for.
type Options struct {
	// Goroutines are the numbers of goroutines that slices will have.
	Goroutines []int

	// Every says that one operation in so many is timed, at random distances,
	// 0 that none is. Workload flush times every lookup, but with 0 none.
	Every int
}

// A Description is what a driver has opened.
type Description struct {
	// States says which handshakes the states of the sessions come from, and
	// their sizes, in one line. Empty: they come from elsewhere, Note says
	// where.
	States string `json:"states"`

	// Note says in one line what else the results depend on, such as the
	// version of a library. Empty: on nothing.
	Note string `json:"note,omitempty"`

	// Memory is what the sessions take, nil if that is not known.
	Memory *Memory `json:"memory,omitempty"`
}

// Memory is what a cache takes up, in bytes: live memory, allocators' rounding
// included, after a collection where there is a collector.
type Memory struct {
	// Linked is the number of sessions in the cache.
	Linked int `json:"linked"`

	// Session is what one session object takes with its id and state, without
	// any cache: the difference that making all of them made, divided by their
	// number.
	Session float64 `json:"bytesPerSession"`

	// Table is what the cache takes for a session that is in it: the
	// difference that opening the cache and linking the sessions made, divided
	// by the number of those.
	Table float64 `json:"tableBytesPerSession"`
}

// A Finding is what a driver reports at the end.
type Finding struct {
	// Violations say what is wrong with the cache, one line each.
	Violations []string `json:"violations,omitempty"`

	// Losses say what a target that may lose sessions ([Target].Loses) has
	// lost, one line each.
	Losses []string `json:"losses,omitempty"`

	// Kept is the quality of eviction, for workload add-evict and drivers that
	// can tell, nil for others: the share, 0 to 1, of the newest N sessions
	// that are in a cache of capacity N after 3N adds of different sessions by
	// one goroutine. For workloads that do not evict and targets that may lose
	// sessions all the same it is the share of those that must be in the cache
	// at the end.
	Kept *float64 `json:"kept,omitempty"`
}
