package soak

import (
	"math/rand/v2"
	"reflect"
	"time"

	"github.com/reprise-tls/reprise/engine"
)

// tender is the goroutine that changes the circumstances: the time, the
// capacity, the mode, the timeout, the callbacks; and that flushes and clears.
type tender struct {
	*world
	random *rand.Rand
	ticks  uint64
}

// tick is the pause between two looks of the tender.
const tick = 2 * time.Millisecond

func (t *tender) run() {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for !t.stop.Load() {
		<-ticker.C
		t.tend()
	}
}

func (t *tender) tend() {
	t.gate.RLock()
	defer t.gate.RUnlock()
	t.ticks++
	t.turnClock()
	every := func(n uint64, do func()) {
		if t.ticks%n == 0 {
			do()
		}
	}
	every(5, t.changeCapacity)
	every(7, t.changeMode)
	every(11, func() { t.flush(t.clock.Load()) })
	every(13, t.calls.unpark)
	every(53, t.changeTimeout)
	every(59, t.changeCallbacks)
	every(149, func() { t.done.flushed.Add(uint64(t.cache.Clear())) })
	t.checkLen()
	t.checkStats()
}

// maxStep is how many seconds pass at most from tick to tick, so that sessions
// expire before they are evicted.
const maxStep = 12

// turnClock lets some seconds pass, and jumps now and then.
func (t *tender) turnClock() {
	step := t.random.Int64N(maxStep + 1)
	switch t.random.Uint64N(400) {
	case 0:
		step = t.random.Int64N(1000)
	case 1:
		step = -t.random.Int64N(800)
	}
	t.clock.Add(step)
}

func (t *tender) changeCapacity() {
	n := t.config.Sessions
	capacity := n/8 + t.random.IntN(n/2-n/8)
	switch t.random.Uint64N(20) {
	case 0:
		capacity = 1 + t.random.IntN(64) // where eviction is exact
	case 1:
		capacity = engine.Unlimited
	}
	if err := t.limit.change(capacity, t.cache.SetCapacity); err != nil {
		t.fail("SetCapacity: %v", err)
	}
}

var modes = [...]engine.Mode{
	engine.Both, engine.Both, engine.Server, engine.Server, engine.Client, engine.Off,
	engine.Both | engine.NoAutoClear,
	engine.Both | engine.UpdateTime,
	engine.Both | engine.NoInternalLookup,
	engine.Both | engine.NoInternalStore,
	engine.Server | engine.NoInternal | engine.UpdateTime | engine.NoAutoClear,
}

func (t *tender) changeMode() { t.cache.SetMode(modes[t.random.IntN(len(modes))]) }

func (t *tender) changeTimeout() {
	if err := t.cache.SetTimeout(t.random.Int64N(1000)); err != nil {
		t.fail("SetTimeout of the cache: %v", err)
	}
}

// changeCallbacks takes Get away in half of the cases. The others stay, since
// their calls are compared with the counters.
func (t *tender) changeCallbacks() {
	k := t.calls.all()
	if t.random.Uint64N(2) == 0 {
		k.Get = nil
	}
	t.cache.SetCallbacks(k)
}

// checkStats compares each counter with what it was before.
func (t *tender) checkStats() {
	t.done.checks[checkStats].Add(1)
	now := counters(t.cache.Stats())
	for name, n := range now {
		if before := t.statsBefore[name]; n < before {
			t.fail("Stats.%s went from %d down to %d", name, before, n)
		}
	}
	t.statsBefore = now
}

// counters returns the fields of Stats that only grow.
func counters(s engine.Stats) map[string]uint64 {
	all := make(map[string]uint64)
	v := reflect.ValueOf(s)
	for i := range v.NumField() {
		if name := v.Type().Field(i).Name; name != "Bytes" && v.Field(i).Kind() == reflect.Uint64 {
			all[name] = v.Field(i).Uint()
		}
	}
	all["EvictionAge"] = s.EvictionAge.Count()
	return all
}
