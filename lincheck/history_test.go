package lincheck

import (
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/reprise-tls/reprise/shards"
)

func TestGoroutineID(t *testing.T) {
	const n = 50
	ids := make([]uint64, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			ids[i] = goroutineID()
			if again := goroutineID(); again != ids[i] {
				t.Errorf("goroutine %d is also %d", ids[i], again)
			}
		})
	}
	group.Wait()
	seen := map[uint64]bool{goroutineID(): true}
	for _, id := range ids {
		if seen[id] {
			t.Errorf("two goroutines are %d", id)
		}
		seen[id] = true
	}
}

func TestPlanFollowsFromSeed(t *testing.T) {
	for _, c := range configs() {
		one, same, other := c.newPlan(newRand(1), 3), c.newPlan(newRand(1), 3), c.newPlan(newRand(2), 3)
		if !reflect.DeepEqual(one, same) {
			t.Errorf("%s: the same seed made two plans", c.name)
		}
		if reflect.DeepEqual(one.workers, other.workers) {
			t.Errorf("%s: two seeds made the same plan", c.name)
		}
	}
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// Every configuration runs with every number of workers between 2 and 16, and
// every action is in some configuration.
func TestPlansCoverEverything(t *testing.T) {
	workers, actions := map[int]bool{}, map[action]bool{}
	rng := newRand(1)
	for range 1000 {
		workers[workerCount(rng)] = true
	}
	for n := 2; n <= 16; n++ {
		if !workers[n] {
			t.Errorf("no history has %d workers", n)
		}
	}
	if len(workers) != 15 {
		t.Errorf("%d different numbers of workers, want 2 to 16", len(workers))
	}
	for _, c := range configs() {
		for _, steps := range c.newPlan(rng, 16).workers {
			for _, s := range steps {
				actions[s.action] = true
			}
		}
		for _, a := range c.actions {
			actions[a] = true
		}
		if c.ids[1] > maxSlots || c.tables*c.ids[1] > maxSlots {
			t.Errorf("%s has too many ids", c.name)
		}
	}
	for a := addFresh; a <= advanceClock; a++ {
		if !actions[a] {
			t.Errorf("action %d is in no configuration", a)
		}
	}
}

// An eviction is an operation on the id of the session that was evicted, by
// the goroutine that did it, and begins with its call.
func TestEvictionIsAttributed(t *testing.T) {
	for _, s := range []subject{lockFree, xsync} {
		p := &plan{
			config: &config{subject: s, bounded: true}, tables: 1, capacity: 1, attributed: true,
			ids:      idsOf(spread, newRand(1), 2),
			sessions: []sessionPlan{{id: 0, created: 1, timeout: 99, held: true}, {id: 1, created: 1, timeout: 99, held: true}},
			workers: [][]step{{
				{action: addHeld, id: 0, session: 1, expiry: 100, now: 50},
				{action: addHeld, id: 1, session: 2, expiry: 100, now: 50},
			}},
		}
		h, err := newHistory(p, newRand(1))
		if err != nil {
			t.Fatal(err)
		}
		h.prepare()
		var group sync.WaitGroup
		group.Go(func() { h.work(0) })
		group.Wait()
		h.conclude()
		if v := h.check(); len(v.problems) > 0 || len(v.violations) > 0 {
			t.Errorf("%v: %v, %d violations", s, v.problems, len(v.violations))
		}
		var evictions []porcupine.Operation
		var second porcupine.Operation
		for _, o := range h.operations() {
			switch in := o.Input.(input); {
			case in.kind == unlinked && in.reason == shards.ReasonEvicted:
				evictions = append(evictions, o)
			case in.kind == add && in.session == 2 && o.Output.(output).outcome == shards.Added:
				second = o
			}
		}
		if len(evictions) != 1 {
			t.Fatalf("%v: %d evictions, want 1", s, len(evictions))
		}
		e := evictions[0]
		if in := e.Input.(input); in.session != 1 || in.slot != 0 || e.Call != second.Call || e.Return > second.Return {
			t.Errorf("%v: evicted is s%d of id %d from %d to %d, want s1 of id 0 within %d to %d", s, in.session, in.slot, e.Call, e.Return, second.Call, second.Return)
		}
	}
}

func TestOverlapping(t *testing.T) {
	operation := func(client int, from, to int64) porcupine.Operation {
		return porcupine.Operation{ClientId: client, Input: input{kind: contains}, Call: from, Return: to}
	}
	for _, x := range []struct {
		part []porcupine.Operation
		want int
	}{
		{nil, 0},
		{[]porcupine.Operation{operation(0, 0, 1), operation(1, 2, 3), operation(0, 4, 5)}, 0},
		{[]porcupine.Operation{operation(0, 0, 2), operation(1, 1, 3), operation(0, 4, 5)}, 2},
		{[]porcupine.Operation{operation(0, 0, 2), operation(0, 1, 3)}, 0},
		{[]porcupine.Operation{operation(0, 0, 9), operation(1, 1, 2), operation(2, 3, 4), operation(2, 10, 11)}, 3},
	} {
		if got := overlapping(x.part); got != x.want {
			t.Errorf("%d operations overlap, want %d", got, x.want)
		}
	}
}
