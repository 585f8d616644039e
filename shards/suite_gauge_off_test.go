//go:build !invariants

package shards

import "testing"

// checkGauge has nothing to check in this build.
func checkGauge(*testing.T, *gauge, int64) {}
