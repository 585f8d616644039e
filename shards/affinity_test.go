package shards

import (
	"sync"
	"testing"
)

// A goroutine that calls again gets the same number, except when its stack was
// moved meanwhile.
func TestAffinityIsSteady(t *testing.T) {
	last, changes := Affinity(), 0
	for range 1000 {
		if a := Affinity(); a != last {
			last = a
			changes++
		}
	}
	if changes > 10 {
		t.Errorf("the number changed %d times in 1000 calls", changes)
	}
}

// Goroutines that exist at once have stacks in different places, so they are
// spread over the stripes.
func TestAffinitySpreadsGoroutines(t *testing.T) {
	const goroutines, stripes = 256, 8
	var numbers [goroutines]uint32
	var ready, wg sync.WaitGroup
	ready.Add(goroutines)
	for g := range goroutines {
		wg.Go(func() {
			numbers[g] = Affinity()
			ready.Done()
			ready.Wait() // keep the stack until all have theirs
		})
	}
	wg.Wait()
	var count [stripes]int
	for _, n := range numbers {
		count[n%stripes]++
	}
	for i, n := range count {
		if n == 0 || n > goroutines/2 {
			t.Errorf("%d of %d goroutines on stripe %d", n, goroutines, i)
		}
	}
}

func TestAffinityAllocatesNothing(t *testing.T) {
	wantAllocations(t, "Affinity", 0, func() { Affinity() })
}
