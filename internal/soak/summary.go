package soak

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/reprise-tls/reprise/engine"
)

// Count is a number of something.
type Count struct {
	Name string
	N    uint64
}

// Summary is what a soak did and found.
type Summary struct {
	Config      Config
	Elapsed     time.Duration
	Interrupted bool
	Operations  []Count // by workload; one of take is one lookup, one of churn a removal and an add
	Faults      []Count // of the store, by kind
	Checks      []Count // by kind
	Panics      uint64  // of callbacks, recovered by the cache
	Stats       engine.Stats
	HeapBefore  uint64 // bytes in use before the soak
	HeapAfter   uint64 // and after it, the closed cache included; 0: not measured
	Violations  []string
}

// OK reports whether nothing was wrong.
func (s *Summary) OK() bool { return len(s.Violations) == 0 }

func (w *world) summary(elapsed time.Duration, interrupted bool) *Summary {
	s := &Summary{
		Config:      w.config,
		Elapsed:     elapsed,
		Interrupted: interrupted,
		Panics:      w.calls.recovered.Load(),
		Stats:       w.cache.Stats(),
		HeapBefore:  w.heap.before,
		HeapAfter:   w.heap.after,
		Violations:  w.list(),
	}
	for i := range workloads {
		n := uint64(0)
		for _, k := range w.workers {
			n += k.counts[i].Load()
		}
		s.Operations = append(s.Operations, Count{workloads[i].name, n})
	}
	for i := range w.store.faults {
		s.Faults = append(s.Faults, Count{storeFaultNames[i], w.store.faults[i].Load()})
	}
	for i := range w.done.checks {
		s.Checks = append(s.Checks, Count{checkNames[i], w.done.checks[i].Load()})
	}
	return s
}

// Total adds counts up.
func Total(counts []Count) (n uint64) {
	for _, c := range counts {
		n += c.N
	}
	return n
}

// Write writes the summary as text.
func (s *Summary) Write(to io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "soak of %s: %v, seed %d, %d ids, %d goroutines\n", s.Config.Table,
		s.Elapsed.Round(time.Millisecond), s.Config.Seed, s.Config.Sessions, s.Config.Goroutines)
	row := func(name string, n uint64) { fmt.Fprintf(&b, "%14d  %s\n", n, name) }
	row("operations", Total(s.Operations))
	for _, c := range s.Operations {
		row("  "+c.Name, c.N)
	}
	row("sessions added", s.Stats.Added)
	row("replaced", s.Stats.Replaced)
	row("evicted", s.Stats.CacheFull)
	row("expired", s.Stats.Expired)
	row("flushed and cleared", s.Stats.Flushed)
	row("removed and taken", s.Stats.Removed+s.Stats.Taken)
	row("panics recovered", s.Panics)
	row("faults of the store injected", Total(s.Faults))
	for _, c := range s.Faults {
		row("  "+c.Name, c.N)
	}
	row("checks made", Total(s.Checks))
	for _, c := range s.Checks {
		row("  "+c.Name, c.N)
	}
	row("bytes of heap before", s.HeapBefore)
	row("bytes of heap after", s.HeapAfter)
	verdict := "nothing was wrong"
	if !s.OK() {
		verdict = fmt.Sprintf("FAILED: %d violations", len(s.Violations))
	}
	if s.Interrupted {
		verdict += " (interrupted)"
	}
	fmt.Fprintf(&b, "%s: %s\n", s.Config.Table, verdict)
	for _, v := range s.Violations {
		fmt.Fprintf(&b, "  %s\n", v)
	}
	_, err := io.WriteString(to, b.String())
	return err
}
