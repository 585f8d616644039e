package soak

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync/atomic"

	"github.com/reprise-tls/reprise/engine"
)

// worker is one goroutine's part. It goes from workload to workload; since
// each begins with another one, all of them run at once.
type worker struct {
	*world
	index  int
	random *rand.Rand
	ctx    context.Context
	counts [workloadCount]atomic.Uint64
	held   []*engine.Session // with a reference each: connections that last
}

// maxHeld is how many sessions a worker keeps beyond the operation that got
// them.
const maxHeld = 64

// burst is how many operations of a workload a worker does before it goes on
// to the next. Checkpoints wait for the end of a burst.
const burst = 128

func newWorker(w *world, index int) *worker {
	return &worker{
		world:  w,
		index:  index,
		random: rand.New(rand.NewPCG(w.config.Seed, uint64(index))),
		ctx:    context.Background(),
	}
}

func (k *worker) run() {
	for next := k.index; !k.stop.Load(); next++ {
		k.burst(workloadKind(next % int(workloadCount)))
	}
}

func (k *worker) burst(kind workloadKind) {
	// The tender would otherwise wait for its turn behind the workers.
	runtime.Gosched()
	k.gate.RLock()
	defer k.gate.RUnlock()
	n := burst
	if kind == workloadWalk {
		n = 1 // an operation is many sessions
	}
	for range n {
		workloads[kind].do(k)
		k.counts[kind].Add(1)
	}
	k.checkLen()
}

// hotIDs are the ids that goroutines race for.
const hotIDs = 32

// key draws the number of an id: in a quarter of the cases one of a few.
func (k *worker) key() uint64 {
	n := uint64(k.config.Sessions)
	if k.random.Uint64N(4) == 0 {
		n = hotIDs
	}
	return k.random.Uint64N(n)
}

func (k *worker) slot() uint64 { return k.key()*objectsPerID + k.random.Uint64N(objectsPerID) }

func (k *worker) id(key uint64) (id sessionID) {
	k.people.ids.Put(&id, key)
	return id
}

// fresh makes a session with id number key.
func (k *worker) fresh(key uint64) *engine.Session {
	return k.people.session(key, k.random.Uint64(), k.people.scope(key), k.clock.Load())
}

// finish gives the reference on a session back, now or later.
func (k *worker) finish(s *engine.Session) {
	if k.random.Uint64N(64) != 0 {
		s.Release()
		return
	}
	k.held = append(k.held, s)
	if len(k.held) <= maxHeld {
		return
	}
	old := k.held[0]
	k.held = append(k.held[:0], k.held[1:]...)
	k.intact(old, "a connection that lasted")
	k.people.retire(old)
	old.Release()
}
