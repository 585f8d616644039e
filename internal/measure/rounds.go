package measure

import (
	"sync/atomic"
	"time"

	"github.com/reprise-tls/reprise/internal/workload"
)

// rounds plays whole rounds, at least one and as long as more, of the sample
// so far, returns true and stop, which may be nil, is not set. What goes
// before each round is in no sample.
//
// Nothing is flushed by the null target; its flush takes the time idle, for
// the lookups beside it.
func (b *Bench) rounds(players []*workload.Player, stop *atomic.Bool, idle time.Duration, more func(Sample) bool) Sample {
	var all Sample
	for {
		if b.spec.Kind == workload.Fill {
			b.empty()
			all = all.plus(b.fill(players, stop))
		} else {
			b.linkExpired()
			all = all.plus(b.flush(players, idle))
		}
		if stop != nil && stop.Load() || !more(all) {
			return b.finishSample(players, all)
		}
	}
}

// empty removes all sessions.
func (b *Bench) empty() {
	for i := range b.spec.Linked() {
		b.cache.Remove(b.sessions[i])
	}
	b.left = 0
}

// fill has every goroutine add its share.
func (b *Bench) fill(players []*workload.Player, stop *atomic.Bool) Sample {
	s := b.run(players, func(p *workload.Player, _ int, _ time.Time) workload.Counts { return p.Play(p.Length(), stop) })
	b.left += int(s.Counts.Added)
	return s
}

// linkExpired links the sessions again that a flush is to remove.
func (b *Bench) linkExpired() {
	for _, s := range b.sessions[:b.spec.Sessions] {
		if b.left < b.spec.Linked() && b.cache.Add(s) {
			b.left++
		}
	}
}

// flush has the first goroutine flush and the others look up until it is done.
func (b *Bench) flush(players []*workload.Player, idle time.Duration) Sample {
	var done atomic.Bool
	var removed int
	var took time.Duration
	s := b.run(players, func(p *workload.Player, i int, _ time.Time) workload.Counts {
		if i > 0 {
			return p.PlayWhile(&done)
		}
		defer done.Store(true)
		began := time.Now()
		if b.flusher != nil {
			removed = b.flusher.Flush(b.created + workload.FlushAfter)
		} else {
			time.Sleep(idle)
		}
		took = time.Since(began)
		return workload.Counts{}
	})
	if b.flusher != nil {
		b.left -= removed
		b.missed += b.spec.Sessions - removed
	}
	s.Flushed, s.Flush = uint64(removed), took
	return s
}
