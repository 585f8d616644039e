package lincheck

import (
	"math/rand/v2"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/shards"
)

// config is a family of histories.
type config struct {
	name          string
	subject       subject
	actions       mix
	ids           [2]int // least, most
	layouts       []layout
	capacities    []int // of new tables
	newCapacities []int // for changeCapacity
	freed         bool  // the bound of the new table is lifted, so that it has one shard that grows
	bounded       bool  // sessions can be evicted
	whole         bool  // and the bound is checked
	times         bool  // sessions expire
	scopes        bool
	tables        int // sharing the sessions; 0: one
	filler        filler
	reentrant     bool // the sink calls the table

	// reopens: Close may meet a shrink of the arrays, which merges buckets. A
	// merged one stays open until Close comes to it, though one of its parts
	// was closed and emptied before; what is added meanwhile is dropped.
	reopens bool

	mode engine.Mode

	// wrap changes the table; nil: it is left as it is.
	wrap func(target) target
}

// filler is what a background goroutine does with sessions of other ids.
type filler uint8

const (
	noFiller filler = iota
	grow            // adds them until the shard of the ids has grown
	churn           // adds and removes them
	crowd           // fills the bucket of the ids until its chain is at its limit
)

// mix is a list of actions, each as often as it is to be likely.
type mix []action

func (m mix) pick(rng *rand.Rand) action { return m[rng.IntN(len(m))] }

// with returns the mix with more actions.
func (m mix) with(more ...action) mix { return append(append(mix(nil), m...), more...) }

var (
	basic = mix{
		addFresh, addFresh, addFresh, addHeld, addHeld, addDead,
		lookUp, lookUp, lookUp, lookUpAndRemove, lookUpAndAdd,
		takeIt, takeIt, takeAndAdd, containsID,
		removeHeld, removeHeld, removeByID, removeByID, promoteHeld,
	}
	replacing = mix{addFresh, addFresh, addHeld, lookUp, lookUp, containsID, lookUpAndAdd}
	expiring  = basic.with(
		lookUp, lookUp, takeIt, addHeld, rescheduleHeld, rescheduleHeld, lookUpAndReschedule, flushAll, sweepSome)
	evicting = mix{
		addFresh, addFresh, addFresh, addFresh, addHeld, addHeld,
		lookUp, lookUp, lookUpAndAdd, takeIt, takeAndAdd, containsID, removeHeld, removeByID, promoteHeld,
	}
)

// Capacities at which nothing of a history is evicted. Tables have one shard up
// to 64, several beyond. Without a bound they have so many that whatever walks
// them takes longer than all else in a history.
var (
	large     = []int{64, 500}
	unlimited = []int{64, 64, 500, shards.Unlimited}
)

// configs returns all configurations.
func configs() (list []*config) {
	for _, s := range []subject{lockFree, xsync} {
		for _, c := range tableConfigs() {
			c.subject = s
			list = append(list, c)
		}
	}
	list = append(list, &config{
		name: "crowd", subject: lockFree, actions: expiring.with(clearAll, walk), ids: [2]int{2, 3},
		layouts: []layout{sameBucket}, freed: true, filler: crowd, bounded: true, times: true,
	})
	for _, s := range []subject{engineLockFree, engineXSync} {
		for _, c := range engineConfigs() {
			c.subject = s
			list = append(list, c)
		}
	}
	for _, c := range list {
		c.name = c.subject.String() + "/" + c.name
	}
	return list
}

func tableConfigs() []*config {
	inShard := []layout{sameShard, sameBucket, sameGrown}
	return []*config{
		{name: "map", actions: basic, ids: [2]int{2, 4}, capacities: unlimited, scopes: true},
		{name: "replace", actions: replacing, ids: [2]int{1, 2}, capacities: unlimited},
		{name: "expiry", actions: expiring, ids: [2]int{2, 3}, capacities: large, times: true, scopes: true},
		{name: "walk", actions: expiring.with(clearAll, clearAll, flushAll, walk, walk, walk), ids: [2]int{2, 4}, capacities: []int{64, 500}, times: true},
		{name: "close", actions: expiring.with(closeTable), ids: [2]int{2, 4}, capacities: []int{64, 64, 500}, times: true},
		{name: "two tables", actions: expiring, ids: [2]int{2, 2}, capacities: large, tables: 2, times: true},
		{name: "sink calls back", actions: expiring, ids: [2]int{2, 3}, capacities: []int{64, 500}, times: true, reentrant: true},
		{name: "grow", actions: expiring, ids: [2]int{2, 4}, layouts: inShard, freed: true, filler: grow, times: true},
		{name: "grow and replace", actions: replacing, ids: [2]int{1, 3}, layouts: inShard, freed: true, filler: grow},
		{name: "grow and close", actions: expiring.with(closeTable, walk, clearAll), ids: [2]int{2, 4}, layouts: inShard, freed: true, filler: grow, times: true},
		{name: "shrink arrays", actions: expiring.with(changeCapacity, changeCapacity), ids: [2]int{2, 4}, capacities: []int{2048}, newCapacities: []int{256, 2048}, times: true},
		{name: "shrink arrays and close", actions: mix{changeCapacity, changeCapacity, closeTable, addFresh, addHeld, lookUp, removeByID}, ids: [2]int{2, 4}, layouts: []layout{sameBucket, sameShard}, capacities: []int{2048}, newCapacities: []int{256, 256, 2048}, reopens: true},
		{name: "churn beside", actions: expiring, ids: [2]int{2, 4}, layouts: inShard, freed: true, filler: churn, times: true},
		{name: "evict", actions: evicting, ids: [2]int{2, 4}, capacities: []int{1, 2, 3}, bounded: true},
		{name: "evict and expire", actions: evicting.with(expiring...), ids: [2]int{2, 4}, capacities: []int{1, 2, 3}, bounded: true, times: true, scopes: true},
		{name: "evict beside churn", actions: evicting, ids: [2]int{2, 4}, capacities: []int{2, 3, 70}, bounded: true, filler: churn},
		{name: "bound", actions: evicting, ids: [2]int{2, maxSlots}, capacities: []int{1, 2, 3}, bounded: true, whole: true},
		{name: "bound and expire", actions: evicting.with(flushAll, clearAll, sweepSome, lookUp, takeIt), ids: [2]int{2, maxSlots}, capacities: []int{1, 2}, bounded: true, whole: true, times: true},
		{name: "change capacity", actions: evicting.with(changeCapacity, changeCapacity, changeCapacity, flushAll, clearAll), ids: [2]int{2, 4}, capacities: []int{1, 3, 64}, newCapacities: []int{1, 2, 3, 100, shards.Unlimited}, bounded: true, times: true},
		{name: "evict and close", actions: evicting.with(closeTable, changeCapacity), ids: [2]int{2, 4}, capacities: []int{1, 2, 3}, newCapacities: []int{1, 2, 3}, bounded: true},
	}
}

func engineConfigs() []*config {
	expiring := basic.with(lookUp, lookUp, takeIt, addHeld, addHeld, flushAll, advanceClock, advanceClock)
	return []*config{
		{name: "callbacks", actions: expiring.with(walk, clearAll), ids: [2]int{2, 4}, capacities: large, times: true, scopes: true, reentrant: true},
		{name: "update time", actions: expiring, ids: [2]int{2, 3}, capacities: large, times: true, mode: engine.UpdateTime},
		{name: "close", actions: expiring.with(closeTable, clearAll), ids: [2]int{2, 4}, capacities: []int{64, 500}, times: true, mode: engine.UpdateTime},
		{name: "evict", actions: evicting.with(expiring...).with(changeCapacity), ids: [2]int{2, 4}, capacities: []int{1, 2, 3}, newCapacities: []int{1, 2, 3, 64}, bounded: true, times: true},
	}
}
