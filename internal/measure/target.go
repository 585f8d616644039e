package measure

import (
	"fmt"
	"strings"

	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

// A Target is something workloads can be run on.
type Target struct {
	// Name is how the command line and the names of benchmarks call it.
	Name string

	// Doc says in one line what it is.
	Doc string

	// New opens an empty cache for at most capacity sessions.
	New func(capacity int) (workload.Cache, error)

	// NewWithClock, if there is one, is New of a cache that goes by the given
	// clock, Unix seconds, and finds no session whose time is over. Where there
	// is none, scenarios look at the times of what was found themselves, and
	// remove what is expired.
	NewWithClock func(capacity int, now func() int64) (workload.Cache, error)

	// Evicted, if there is one, returns how many sessions the cache has evicted
	// since it was opened.
	Evicted func(workload.Cache) uint64

	// Audit, if there is one, checks the cache by the cache's own means. It is
	// called while nothing else runs.
	Audit func(workload.Cache) error

	// Retries, if there is one, returns how often operations of the cache had to
	// start over because another got in their way, since it was opened.
	Retries func(workload.Cache) uint64

	// Flushes says that the cache is a [workload.Flusher], or that the target's
	// own driver can flush. A target that cannot does not run workload flush.
	Flushes bool

	// NoBound says why the cache cannot have a bound; it then runs no workload
	// that evicts. Empty: it has one.
	NoBound string

	// Loses says why the cache may lose sessions, or count their references
	// wrongly, or not at all. What it has lost is then reported beside its
	// figures as a property of the cache, not as a failure of the run. Empty:
	// it must not.
	Loses string

	// Open makes the driver of a target whose operations are not driven from
	// Go. Nil: Go drives what New returns.
	Open func(s workload.Spec, o Options) (Driver, error)

	// ObjectBytes is about what a session takes in memory, without a cache,
	// where it is not a [shards.Session]; 0: it is one.
	ObjectBytes int

	// Null marks the target that does nothing. It is measured in every run,
	// and its results are not checked.
	Null bool

	// Floor marks the target that does only what no cache can do without. Its
	// results are not checked, and those of others are compared with it. What
	// a cache chooses to keep or to remove has no floor, so it runs neither
	// scan nor flush.
	Floor bool
}

// Find returns the target with the given name.
func Find(targets []Target, name string) (Target, error) {
	names := make([]string, len(targets))
	for i, t := range targets {
		if t.Name == name {
			return t, nil
		}
		names[i] = t.Name
	}
	return Target{}, fmt.Errorf("unknown target %q; allowed are %s", name, strings.Join(names, ", "))
}

// Supports reports why the target cannot run a workload, nil if it can.
func (t Target) Supports(k workload.Kind) error {
	switch {
	case k.Evicts() && t.NoBound != "":
		return fmt.Errorf("target %s cannot run workload %s: %s", t.Name, k, t.NoBound)
	case t.Floor && (k == workload.Scan || k == workload.Flush):
		return fmt.Errorf("target %s cannot run workload %s: what is found there depends on what a cache keeps, and nothing is the least", t.Name, k)
	case k == workload.Flush && !t.Flushes && !t.Null:
		return fmt.Errorf("target %s cannot run workload %s: it has nothing that removes what is expired", t.Name, k)
	}
	return nil
}

// SupportsScenarios reports why no scenario can be played on the target, nil if
// it can.
func (t Target) SupportsScenarios(capacity int) error {
	switch {
	case t.Open != nil:
		return fmt.Errorf("target %s cannot play a scenario: its operations are not driven from Go", t.Name)
	case t.Floor:
		return fmt.Errorf("target %s cannot play a scenario: what is found depends on what a cache keeps, and nothing is the least", t.Name)
	case t.NoBound != "" && capacity != shards.Unlimited:
		return fmt.Errorf("target %s cannot play a scenario with a capacity of %d: %s", t.Name, capacity, t.NoBound)
	}
	return nil
}

// counts tells whether what the target answers means anything.
func (t Target) counts() bool { return !t.Null && !t.Floor }

// A preparer is a cache that is not one, and wants to see the sessions of a
// workload before they are linked.
type preparer interface {
	Prepare(s workload.Spec, pool []*shards.Session)
}

// null returns the target that does nothing.
func null(targets []Target) (Target, error) {
	for _, t := range targets {
		if t.Null {
			return t, nil
		}
	}
	return Target{}, fmt.Errorf("no null target among the %d known", len(targets))
}
