package workload

import (
	"fmt"
	"strings"
)

// A Kind is one of the workloads.
type Kind string

// The workloads. Each begins with a cache in which one session of every id is
// linked, and with as many ids as [Spec].Sessions says.
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
)

// Kinds returns all workloads.
func Kinds() []Kind { return []Kind{Churn, AddEvict, Identical, Replace, Get, Mixed} }

// ParseKind reads the name of a workload.
func ParseKind(s string) (Kind, error) {
	var names []string
	for _, k := range Kinds() {
		if s == string(k) {
			return k, nil
		}
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
func (k Kind) Evicts() bool { return k == AddEvict }
