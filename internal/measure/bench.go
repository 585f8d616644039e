package measure

import (
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

// Bench is the [Driver] of a target that Go drives. Its methods must not be
// called at the same time.
type Bench struct {
	spec     workload.Spec
	target   Target
	options  Options
	cache    workload.Cache
	flusher  workload.Flusher // for workload flush
	states   string
	maker    *workload.Maker
	created  int64 // the Unix second that the sessions' times go by
	sessions []*shards.Session
	ids      workload.IDs
	memory   *Memory
	players  map[int][]*workload.Player // by the number of goroutines
	released uint64                     // releases of references nobody held, before this bench

	// What was played, by goroutines that had their sessions to themselves and
	// by goroutines that shared them.
	alone, racing workload.Counts

	// left is how many sessions the last round left in the cache; of workloads
	// without rounds it is what was linked at the beginning.
	left int

	refused int // sessions that a cache which may lose some did not take at the beginning

	missed int // sessions that flushes should have removed and did not
}

// Open makes the sessions of a workload, a cache with those that are linked at
// the beginning, and the streams for the numbers of goroutines that are going
// to be used.
func Open(t Target, s workload.Spec, o Options) (*Bench, error) {
	b := &Bench{
		spec: s, target: t, options: o, ids: workload.NewIDs(s.Seed), created: time.Now().Unix(),
		players: make(map[int][]*workload.Player), released: shards.OverReleased(), left: s.Linked(),
	}
	if err := t.Supports(s.Kind); err != nil {
		return nil, err
	}
	states, err := workload.NewStates(s.States)
	if err != nil {
		return nil, err
	}
	b.states = states.Describe()
	pool := make([]*shards.Session, s.Pool())
	runtime.GC() // what the handshakes left in pools goes with the second collection
	before := liveHeap()
	if err := b.makeSessions(pool, states); err != nil {
		return nil, err
	}
	made := liveHeap()
	if err := b.link(); err != nil {
		return nil, err
	}
	if t.counts() {
		linked := liveHeap()
		b.memory = &Memory{
			Linked:  s.Linked(),
			Session: float64(made-before) / float64(s.Pool()),
			Table:   float64(linked-made) / float64(s.Linked()),
		}
	}
	b.preparePlayers()
	b.settle()
	return b, nil
}

// liveHeap returns how many bytes of the heap are in use, after a collection.
func liveHeap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func (b *Bench) makeSessions(pool []*shards.Session, states *workload.States) error {
	b.sessions = pool
	if b.target.Null {
		// The generator's cost includes finding a session in the pool, which
		// takes pointers only.
		one := workload.NewMaker(b.spec, states, b.created)
		if err := one.MakeAll(pool[:1]); err != nil {
			return err
		}
		for i := range pool {
			pool[i] = pool[0]
		}
		return nil
	}
	b.maker = workload.NewMaker(b.spec, states, b.created)
	return b.maker.MakeAll(pool)
}

// link opens the cache and links what is there at the beginning.
func (b *Bench) link() error {
	cache, err := b.target.New(b.spec.Capacity())
	if err != nil {
		return fmt.Errorf("target %s: %w", b.target.Name, err)
	}
	b.cache = cache
	if b.spec.Kind == workload.Flush && !b.target.Null {
		var ok bool
		if b.flusher, ok = cache.(workload.Flusher); !ok {
			return fmt.Errorf("target %s cannot run workload %s: its cache, a %T, has no Flush", b.target.Name, b.spec.Kind, cache)
		}
	}
	if p, ok := cache.(preparer); ok {
		p.Prepare(b.spec, b.sessions)
	}
	for i := range b.spec.Linked() {
		switch {
		case cache.Add(b.sessions[i*b.spec.ObjectsPerID()]) || !b.target.counts():
		case b.target.Loses != "":
			b.refused++
		default:
			return fmt.Errorf("target %s did not take session %d of %d while the cache was filled", b.target.Name, i, b.spec.Linked())
		}
	}
	return nil
}

// Describe implements [Driver].
func (b *Bench) Describe() Description { return Description{States: b.states, Memory: b.memory} }

// preparePlayers makes the players for all numbers of goroutines. Goroutine i
// plays the same stream whatever the number, and goes on where it stopped,
// unless goroutines divide the sessions.
func (b *Bench) preparePlayers() {
	if !b.spec.Divided() {
		all := b.newPlayers(slices.Max(b.options.Goroutines))
		for _, g := range b.options.Goroutines {
			b.players[g] = all[:g]
		}
		return
	}
	for _, g := range b.options.Goroutines {
		b.players[g] = b.newPlayers(g)
	}
}

func (b *Bench) newPlayers(goroutines int) (players []*workload.Player) {
	o := workload.PlayerOptions{Every: b.options.Every}
	if b.spec.Kind == workload.Scan {
		o.Maker = b.maker
	}
	if b.spec.Kind == workload.Flush && o.Every > 0 {
		o.Every = 1
	}
	for i, stream := range workload.NewStreams(b.spec, goroutines) {
		o.Seed = uint64(i)
		players = append(players, workload.NewPlayer(b.cache, b.sessions, b.ids, stream, o))
	}
	return players
}

// settle plays what goes before the first slice.
func (b *Bench) settle() {
	if n := b.spec.Settling(); n > 0 {
		player := b.players[slices.Min(b.options.Goroutines)][0]
		b.racing = b.racing.Plus(player.Play(n, nil))
	}
}
