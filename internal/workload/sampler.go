package workload

import (
	"math/bits"

	"github.com/reprise-tls/reprise/internal/latency"
)

// sampler chooses the operations that are timed and keeps their times. The
// distance between two of them is random: a fixed one would meet operations of
// one sort only where those of a stream alternate.
type sampler struct {
	every    int // 0: nothing is timed
	left     int // operations until the next that is
	state    uint64
	clock    latency.Clock
	recorder *latency.Recorder
}

func newSampler(every int, seed uint64) sampler {
	if every == 0 {
		return sampler{}
	}
	s := sampler{every: every, state: seed, clock: latency.NewClock(), recorder: latency.NewRecorder()}
	s.left = s.distance()
	return s
}

// distance draws how many operations are not timed before the next that is: 0
// to 2 (every - 1), every - 1 on average.
func (s *sampler) distance() int {
	s.state += 0x9E3779B97F4A7C15
	high, _ := bits.Mul64(mix(s.state), uint64(2*s.every-1))
	return int(high)
}

// Latencies are the times, in nanoseconds, of the operations that were timed
// since the recorder was reset last, nil if none is. Each is one call of the
// cache, a lookup with the release of what it found and what follows where it
// found nothing, and includes one reading of the clock.
func (p *Player) Latencies() *latency.Recorder { return p.sampler.recorder }

// playSome plays operations and times some.
func (p *Player) playSome(operations []Operation) {
	s := &p.sampler
	if s.every == 0 {
		p.play(p, operations)
		return
	}
	for s.left < len(operations) {
		if s.left > 0 {
			p.play(p, operations[:s.left])
		}
		p.playTimed(operations[s.left])
		operations = operations[s.left+1:]
		s.left = s.distance()
	}
	s.left -= len(operations)
	if len(operations) > 0 {
		p.play(p, operations)
	}
}

// playTimed plays one operation of any code and records how long it took. What
// the generator does for it comes before.
func (p *Player) playTimed(o Operation) {
	clock, recorder, c := p.sampler.clock, p.sampler.recorder, &p.total
	session := p.sessions[o.Key()]
	p.ids.Put(&p.written[0], uint64(o.Key()))
	if o.Code() == CodeAdd && p.created != nil {
		session.SetCreated(p.created())
	}
	began := clock.Now()
	switch o.Code() {
	case CodeAdd:
		added := p.cache.Add(session)
		recorder.Record(clock.Now() - began)
		c.countAdd(added)
	case CodeRemove:
		removed := p.cache.Remove(session)
		recorder.Record(clock.Now() - began)
		c.countRemove(removed)
	case CodeChurn:
		removed := p.cache.Remove(session)
		between := clock.Now()
		added := p.cache.Add(session)
		recorder.Record(clock.Now() - between)
		recorder.Record(between - began)
		c.countRemove(removed)
		c.countAdd(added)
	case CodeResume:
		p.resume(c, o.Key())
		recorder.Record(clock.Now() - began)
	default:
		found, ok := p.cache.Get(p.written[0][:])
		if ok {
			found.Release()
		}
		recorder.Record(clock.Now() - began)
		c.countGet(ok)
	}
}

func (c *Counts) countAdd(added bool) {
	c.Adds++
	if added {
		c.Added++
	}
}

func (c *Counts) countRemove(removed bool) {
	c.Removes++
	if removed {
		c.Removed++
	}
}

func (c *Counts) countGet(hit bool) {
	c.Gets++
	if hit {
		c.Hits++
	}
}
