// Package fingerprint tells the machines apart that results in Go's benchmark
// format come from.
package fingerprint

import (
	"fmt"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// Keys are the configuration keys that make a fingerprint: figures from places
// that differ in one of them are not comparable.
var Keys = [...]string{"goos", "goarch", "cpu", "cpu-count", "gomaxprocs", "go"}

// A Fingerprint has the value of each key, empty where a result has none.
type Fingerprint [len(Keys)]string

// Of returns the fingerprint of the machine that a result is from.
func Of(r *benchfmt.Result) (f Fingerprint) {
	for i, key := range Keys {
		f[i] = r.GetConfig(key)
	}
	return f
}

// Differences returns in what two fingerprints differ, in words. A value that
// only one of them has is a difference.
func (f Fingerprint) Differences(g Fingerprint) (words []string) {
	for i, key := range Keys {
		if f[i] != g[i] {
			words = append(words, fmt.Sprintf("%s is %q in one and %q in the other", key, f[i], g[i]))
		}
	}
	return words
}

func (f Fingerprint) String() string {
	var known []string
	for i, key := range Keys {
		if f[i] != "" {
			known = append(known, key+" "+f[i])
		}
	}
	if len(known) == 0 {
		return "unknown machine"
	}
	return strings.Join(known, ", ")
}
