package lincheck

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/shards"
)

// failures is where pictures of failing histories are kept.
const failures = "failures"

func TestLinearizable(t *testing.T) {
	seed, duration := settings(t)
	t.Logf("LINCHECK_SEED=%d LINCHECK_DURATION=%v, operations give way: %v", seed, duration, yielding)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for l := range layouts {
		idPools[l]() // takes a while, once
	}
	growers()
	crowders()
	over := shards.OverReleased()
	all := configs()
	var total tally
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			n := runConfig(t, c, seed, duration/time.Duration(len(all)))
			t.Log(n)
			total.add(n)
		})
	}
	t.Logf("all: %v", total)
	if n := shards.OverReleased() - over; n != 0 {
		t.Errorf("%d references were released that nobody had", n)
	}
	if total.overlapped == 0 {
		t.Error("no operations overlapped, so nothing was shown")
	}
}

// settings reads the environment.
func settings(t *testing.T) (seed uint64, duration time.Duration) {
	t.Helper()
	seed, duration = rand.Uint64(), 10*time.Second
	if s := os.Getenv("LINCHECK_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("LINCHECK_SEED: %v", err)
		}
		seed = n
	}
	if s := os.Getenv("LINCHECK_DURATION"); s != "" {
		d, err := time.ParseDuration(s)
		if err != nil || d <= 0 {
			t.Fatalf("LINCHECK_DURATION is %q, want a positive duration such as 5m", s)
		}
		duration = d
	}
	return seed, duration
}

// runConfig runs histories for the given time, at least one batch, until one
// fails.
func runConfig(t *testing.T, c *config, seed uint64, duration time.Duration) (sum tally) {
	for began := time.Now(); (sum.histories == 0 || time.Since(began) < duration) && !t.Failed(); {
		number := sum.histories / batchSize
		list, err := c.runBatch(seed, number)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range checkAll(list) {
			sum.add(v.tally())
			if len(v.problems)+len(v.violations) > 0 {
				reportFailure(t, list[i].plan, v, fmt.Sprintf("%d-%d-%d", seed, number, i))
			}
		}
	}
	return sum
}

func reportFailure(t *testing.T, p *plan, v verdict, name string) {
	t.Helper()
	t.Errorf("seed, batch and number %s: capacity %d, probation %d%%, %d workers, drops attributed: %v, GOMAXPROCS %d",
		name, p.capacity, p.probation, len(p.workers), p.attributed, runtime.GOMAXPROCS(0))
	for _, text := range v.problems {
		t.Error(text)
	}
	for i, x := range v.violations {
		text, err := x.report(failures, fmt.Sprintf("%s-%s-%d", strings.NewReplacer("/", "-", " ", "-").Replace(p.name), name, i))
		if err != nil {
			t.Fatal(err)
		}
		t.Error(text)
	}
}
