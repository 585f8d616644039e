package shards

import (
	"testing"

	"github.com/reprise-tls/reprise/internal/race"
)

// A flood of sessions that nobody resumes, on top of a population that does
// and takes half of the places, leaves that population: those of the flood have
// more than their share, however early the others expire.
func TestFloodLeavesThePromoted(t *testing.T) {
	for _, test := range []struct {
		name string
		make func(Options) Table
		n    int // the capacity
	}{
		{"LockFree", func(o Options) Table { return NewLockFree(o) }, 4_000},
		{"LockFree, about one session a bucket", func(o Options) Table { return NewLockFree(o) }, 131_072},
		{"XSync", func(o Options) Table { return NewXSync(o) }, 4_000},
	} {
		if race.Enabled && test.n > 100_000 {
			continue // one goroutine, and half a million adds
		}
		t.Run(test.name, func(t *testing.T) {
			table := test.make(Options{Capacity: test.n, Sink: &countingSink{}, ProbationPercent: 25})
			population := make([]*Session, test.n/2)
			for i := range population {
				s := numbered(t, i)
				table.Promote(s)
				population[i] = s
				mustAdd(t, table, s)
			}
			for i := range 2 * test.n {
				if got := table.Add(numbered(t, test.n+i), 10_000, 1000, false); got != Added {
					t.Fatal(got)
				}
			}
			kept := 0
			for _, s := range population {
				if table.Contains(s.ID()) {
					kept++
				}
			}
			if kept < len(population)*98/100 {
				t.Errorf("%d of %d promoted sessions kept, want 98 %% at least", kept, len(population))
			}
		})
	}
}
