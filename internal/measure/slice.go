package measure

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/reprise-tls/reprise/internal/latency"
	"github.com/reprise-tls/reprise/internal/processor"
	"github.com/reprise-tls/reprise/internal/workload"
)

// Slice implements [Driver].
func (b *Bench) Slice(goroutines int, d time.Duration, stop *atomic.Bool) Sample {
	players := b.playersFor(goroutines)
	if b.spec.Kind.Rounds() {
		return b.rounds(players, stop, d, func(s Sample) bool {
			// A flush ends its slice.
			return b.spec.Kind == workload.Fill && s.Elapsed < d
		})
	}
	return b.finishSample(players, b.run(players, func(p *workload.Player, _ int, start time.Time) workload.Counts {
		return p.PlayUntil(start.Add(d), stop)
	}))
}

// Play runs n operations, divided among the goroutines. Churn, whose
// operations come in twos, runs one more where n is odd; workloads with rounds
// finish the round with the last of them.
func (b *Bench) Play(goroutines, n int) Sample {
	players := b.playersFor(goroutines)
	if b.spec.Kind.Rounds() {
		return b.rounds(players, nil, time.Millisecond, func(s Sample) bool { return s.Counts.Operations() < uint64(n) })
	}
	if b.spec.Kind == workload.Churn || b.spec.Kind == workload.ExpiryMixed {
		n = (n + 1) / 2
	}
	return b.finishSample(players, b.run(players, func(p *workload.Player, i int, _ time.Time) workload.Counts {
		return p.Play((n+i)/goroutines, nil)
	}))
}

func (b *Bench) playersFor(goroutines int) []*workload.Player {
	players := b.players[goroutines]
	if players == nil {
		panic(fmt.Sprintf("measure: the bench was not opened for %d goroutines", goroutines))
	}
	for _, p := range players {
		if r := p.Latencies(); r != nil {
			r.Reset()
		}
	}
	return players
}

// result keeps the counts of two goroutines out of one cache line.
type result struct {
	counts workload.Counts
	_      [128]byte
}

// run lets the goroutines go at the same time and waits for the last. The
// sample has what was counted on the way.
func (b *Bench) run(players []*workload.Player, play func(p *workload.Player, i int, start time.Time) workload.Counts) Sample {
	results := make([]result, len(players))
	before, after := new(meters), new(meters)
	release := make(chan time.Time)
	var ready, done sync.WaitGroup
	ready.Add(len(players))
	for i, p := range players {
		done.Go(func() {
			ready.Done()
			results[i].counts = play(p, i, <-release)
		})
	}
	ready.Wait()
	before.read(b)
	before.processor = processor.Time()
	start := time.Now()
	for range players {
		release <- start
	}
	done.Wait()
	s := Sample{Elapsed: time.Since(start)}
	after.processor = processor.Time()
	after.read(b)
	s.measured(before, after)
	for i := range results {
		s.Counts = s.Counts.Plus(results[i].counts)
	}
	if len(players) == 1 || b.spec.Divided() {
		b.alone = b.alone.Plus(s.Counts)
	} else {
		b.racing = b.racing.Plus(s.Counts)
	}
	return s
}

// finishSample adds what is known once the last operation is done.
func (b *Bench) finishSample(players []*workload.Player, s Sample) Sample {
	s.RSS = residentMemory()
	s.Collector /= s.Elapsed.Seconds() * float64(runtime.GOMAXPROCS(0))
	if b.options.Every == 0 {
		return s
	}
	all := latency.NewRecorder()
	for _, p := range players {
		all.Merge(p.Latencies())
	}
	s.Latency = all.Summary()
	return s
}
