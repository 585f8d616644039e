package measure

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

// Bench is the [Driver] of a target that Go drives. Its methods must not be
// called at the same time.
type Bench struct {
	spec     workload.Spec
	target   Target
	cache    workload.Cache
	states   string
	sessions []*shards.Session
	ids      workload.IDs
	players  map[int][]*workload.Player // by the number of goroutines
	released uint64                     // releases of references nobody held, before this bench

	// What was played, by goroutines that had their sessions to themselves and
	// by goroutines that shared them.
	alone, racing workload.Counts
}

// Open makes the sessions of a workload, a cache that has one session of every
// id, and the streams for the numbers of goroutines that are going to be used.
func Open(t Target, s workload.Spec, o Options) (*Bench, error) {
	b := &Bench{spec: s, target: t, ids: workload.NewIDs(s.Seed), players: make(map[int][]*workload.Player), released: shards.OverReleased()}
	if err := b.makeSessions(); err != nil {
		return nil, err
	}
	cache, err := t.New(s.Capacity())
	if err != nil {
		return nil, fmt.Errorf("target %s: %w", t.Name, err)
	}
	b.cache = cache
	b.prepare(o.Goroutines)
	for i := 0; i < s.Sessions; i++ {
		if !cache.Add(b.sessions[i*s.ObjectsPerID()]) && !t.Null {
			return nil, fmt.Errorf("target %s did not take session %d of %d while the cache was filled", t.Name, i, s.Sessions)
		}
	}
	return b, nil
}

func (b *Bench) makeSessions() error {
	spec := b.spec
	if b.target.Null {
		// The generator's cost includes finding a session in the pool, which
		// takes pointers only.
		spec.Sessions, spec.Objects = 1, 2
	}
	states, err := workload.NewStates(spec.States)
	if err != nil {
		return err
	}
	b.states = states.Describe()
	b.sessions, err = workload.NewSessions(spec, states, time.Now().Unix())
	if b.target.Null && err == nil {
		b.sessions = slices.Repeat(b.sessions[:1], b.spec.Pool())
	}
	return err
}

// Describe implements [Driver].
func (b *Bench) Describe() Description { return Description{States: b.states} }

// prepare makes the players for up to the given number of goroutines.
// Goroutine i plays the same stream whatever the number, and goes on where it
// stopped, unless keys are disjoint.
func (b *Bench) prepare(goroutines []int) {
	if !b.spec.Disjoint || b.spec.Kind == workload.AddEvict {
		all := b.newPlayers(slices.Max(goroutines))
		for _, g := range goroutines {
			b.players[g] = all[:g]
		}
		return
	}
	for _, g := range goroutines {
		b.players[g] = b.newPlayers(g)
	}
}

func (b *Bench) newPlayers(goroutines int) (players []*workload.Player) {
	for _, stream := range workload.NewStreams(b.spec, goroutines) {
		players = append(players, workload.NewPlayer(b.cache, b.sessions, b.ids, stream))
	}
	return players
}

// Slice implements [Driver].
func (b *Bench) Slice(goroutines int, d time.Duration, stop *atomic.Bool) Sample {
	return b.run(goroutines, func(p *workload.Player, _ int, start time.Time) workload.Counts {
		return p.PlayUntil(start.Add(d), stop)
	})
}

// Play runs n operations, divided among the goroutines. Churn, whose
// operations come in twos, runs one more where n is odd.
func (b *Bench) Play(goroutines, n int) Sample {
	if b.spec.Kind == workload.Churn {
		n = (n + 1) / 2
	}
	return b.run(goroutines, func(p *workload.Player, i int, _ time.Time) workload.Counts {
		return p.Play((n + i) / goroutines)
	})
}

// result keeps the counts of two goroutines out of one cache line.
type result struct {
	counts workload.Counts
	_      [128]byte
}

// run lets the goroutines go at the same time and waits for the last.
func (b *Bench) run(goroutines int, play func(p *workload.Player, i int, start time.Time) workload.Counts) Sample {
	players := b.players[goroutines]
	if players == nil {
		panic(fmt.Sprintf("measure: the bench was not opened for %d goroutines", goroutines))
	}
	results := make([]result, goroutines)
	release := make(chan time.Time)
	var ready, done sync.WaitGroup
	ready.Add(goroutines)
	for i, p := range players {
		done.Go(func() {
			ready.Done()
			results[i].counts = play(p, i, <-release)
		})
	}
	ready.Wait()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	for range goroutines {
		release <- start
	}
	done.Wait()
	elapsed := time.Since(start)
	runtime.ReadMemStats(&after)

	s := Sample{
		Elapsed:     elapsed,
		Mallocs:     after.Mallocs - before.Mallocs,
		Allocated:   after.TotalAlloc - before.TotalAlloc,
		Collections: after.NumGC - before.NumGC,
		Paused:      time.Duration(after.PauseTotalNs - before.PauseTotalNs),
	}
	for i := range results {
		s.Counts = s.Counts.Plus(results[i].counts)
	}
	if goroutines == 1 || b.spec.Disjoint {
		b.alone = b.alone.Plus(s.Counts)
	} else {
		b.racing = b.racing.Plus(s.Counts)
	}
	return s
}
