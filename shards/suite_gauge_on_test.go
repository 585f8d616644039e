//go:build invariants

package shards

import "testing"

// checkGauge checks that every link and unlink was counted.
func checkGauge(t *testing.T, g *gauge, linked int64) {
	t.Helper()
	if n := g.n.Load(); n != linked {
		t.Errorf("the gauge shows %d linked sessions, a walk finds %d", n, linked)
	}
}
