package workload

import (
	"fmt"
	"slices"
	"strings"
)

// A Kind is one of the workloads.
type Kind string

// The workloads. Unless it says otherwise, each begins with a cache in which
// one session of every id is linked, with as many ids as [Spec].Sessions says.
const (
	// Churn removes a session and adds it again. Goroutines that share keys
	// race: a removal or an add that came second is an operation too.
	Churn Kind = "churn"

	// AddEvict adds, to a full cache, sessions from a ring of at least three
	// times its capacity, so that every add evicts another session.
	AddEvict Kind = "add-evict"

	// Identical adds sessions that are linked, which changes nothing.
	Identical Kind = "identical"

	// Replace adds other sessions with ids that are linked.
	Replace Kind = "replace"

	// Get looks sessions up by id and releases them.
	Get Kind = "get"

	// Mixed does all of it, in the percentages of [Spec].Mix.
	Mixed Kind = "mixed"

	// ExpiryMixed is Churn over sessions with timeouts of 1 to 7200 seconds,
	// drawn at random: an order by expiry is not that of the adds, so that
	// OpenSSL's add walks a list. The sessions count as created so far in the
	// future ([Spec.CreatedAhead]) that none expires during a run.
	ExpiryMixed Kind = "expiry-mixed"

	// Hot looks one and the same session up, on all goroutines.
	Hot Kind = "hot"

	// Fill adds all sessions to an empty cache, each goroutine a share of its
	// own. A slice is whole fills, at least one; before each the cache is
	// emptied by removals, which count neither as operations nor as time.
	Fill Kind = "fill"

	// Scan is a steady population of clients that come back, half as many as
	// the cache has room for, and a flood of new sessions nobody comes back
	// for, [Spec].Flood for each lookup. A client whose session is not found
	// makes a full handshake: a new session with its id is added. The cache
	// begins full, and 8 operations for each of its places are played before
	// the first slice.
	Scan Kind = "scan"

	// Flush removes as many expired sessions as [Spec].Sessions says in one
	// call, on one goroutine, while the others look up [LiveSessions] sessions
	// that are not expired. A slice lasts as long as the call; before each the
	// expired sessions are linked again, which does not count.
	Flush Kind = "flush"
)

// Doc says in a few words what the workload does.
func (k Kind) Doc() string {
	return map[Kind]string{
		Churn:       "remove a session and add it again",
		AddEvict:    "add new sessions to a full cache",
		Identical:   "add sessions that are there",
		Replace:     "add other sessions with ids that are there",
		Get:         "look up",
		Mixed:       "all of these",
		ExpiryMixed: "churn of sessions with timeouts of 1 to 7200 s",
		Hot:         "look one session up on all goroutines",
		Fill:        "add all sessions to an empty cache",
		Scan:        "look up clients that come back, under a flood of those that do not",
		Flush:       "one goroutine removes all that is expired, the others look up",
	}[k]
}

// Kinds returns all workloads.
func Kinds() []Kind {
	return []Kind{Churn, AddEvict, Identical, Replace, Get, Mixed, ExpiryMixed, Hot, Fill, Scan, Flush}
}

// ParseKind reads the name of a workload.
func ParseKind(s string) (Kind, error) {
	if slices.Contains(Kinds(), Kind(s)) {
		return Kind(s), nil
	}
	var names []string
	for _, k := range Kinds() {
		names = append(names, string(k))
	}
	return "", fmt.Errorf("unknown workload %q; allowed are %s", s, strings.Join(names, ", "))
}

// Benchmark returns the kind as the name of a benchmark: AddEvict for
// add-evict.
func (k Kind) Benchmark() string {
	var b strings.Builder
	for word := range strings.SplitSeq(string(k), "-") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// Evicts tells whether the workload needs a cache with a bound.
func (k Kind) Evicts() bool { return k == AddEvict || k == Scan }

// Rounds tells whether a slice consists of rounds with a beginning and an end,
// which something that is not measured goes before: a fill, a flush.
func (k Kind) Rounds() bool { return k == Fill || k == Flush }

// MinGoroutines is the smallest number of goroutines that the workload can be
// played on.
func (k Kind) MinGoroutines() int {
	if k == Flush {
		return 2
	}
	return 1
}

// DefaultKeys is the law of the keys when none was asked for: uniform, but for
// Scan, whose clients differ in how often they come back, zipf:0.99.
func (k Kind) DefaultKeys() Law {
	if k == Scan {
		return Law{kind: zipfLaw, a: 0.99}
	}
	return Uniform
}

// ringed tells whether all goroutines share one ring of operations.
func (k Kind) ringed() bool { return k == AddEvict || k == Scan }
