package workload

import (
	"sync/atomic"
	"testing"
	"time"
)

// A player that comes too late plays all the same, but not when it was stopped.
func TestPlayUntilADeadlineThatHasPassed(t *testing.T) {
	past := time.Now().Add(-time.Hour)
	for _, stopped := range []bool{false, true} {
		p, _ := testPlayer(t, Spec{Kind: Churn, Sessions: 10, Mix: DefaultMix, States: StateMix{TLS13: 100}, Objects: DefaultObjects, Seed: 1}, 0)
		var stop atomic.Bool
		stop.Store(stopped)
		if n := p.PlayUntil(past, &stop).Operations(); (n == 0) != stopped {
			t.Errorf("stopped %v: %d operations", stopped, n)
		}
	}
}
