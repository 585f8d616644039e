package paired

import (
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/reprise-tls/reprise/internal/compare"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

// Slow returns the target with an operation that takes longer by the given
// share of the processors' time: 0.1 stands for 10%. Each operation computes something after it; how
// much, the target finds out when it is opened, on its own cache under its own
// workload, for each number of goroutines. With 0 it computes nothing but goes
// the same way, so that a comparison of the two is one of the share alone.
//
// A target that Go does not drive cannot be slowed: opening it fails.
func Slow(t measure.Target, by float64) measure.Target {
	b := &brake{}
	slow := t
	slow.New = func(capacity int) (workload.Cache, error) {
		c, err := t.New(capacity)
		if err != nil {
			return nil, err
		}
		return braked{c, b}, nil
	}
	if t.Audit != nil {
		slow.Audit = func(c workload.Cache) error { return t.Audit(unbraked(c)) }
	}
	if t.Retries != nil {
		slow.Retries = func(c workload.Cache) uint64 { return t.Retries(unbraked(c)) }
	}
	driven := slow
	driven.Open = nil
	slow.Open = func(s workload.Spec, o measure.Options) (measure.Driver, error) {
		if t.Open != nil {
			return nil, fmt.Errorf("target %s cannot be slowed: Go does not drive it", t.Name)
		}
		bench, err := measure.Open(driven, s, o)
		if err != nil {
			return nil, err
		}
		d := &slowDriver{Bench: bench, brake: b, turns: make(map[int]int64)}
		if by > 0 {
			for _, g := range o.Goroutines {
				d.turns[g] = d.calibrate(g, by)
			}
		}
		return d, nil
	}
	return slow
}

// brake is how much is computed after each operation.
type brake struct{ turns atomic.Int64 }

// spin computes for a while. It begins with what the operation returned and
// ends in an atomic operation, so that the processor cannot do it while the
// operation, or the next one, waits for memory.
//
//go:noinline
func (b *brake) spin(result uint64) {
	var sink atomic.Uint64
	for range b.turns.Load() {
		result = result*6364136223846793005 + 1442695040888963407
	}
	sink.Add(result)
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// braked is a cache whose operations end in a brake.
type braked struct {
	workload.Cache
	brake *brake
}

func (c braked) Add(s *shards.Session) bool {
	ok := c.Cache.Add(s)
	c.brake.spin(bit(ok))
	return ok
}

func (c braked) Remove(s *shards.Session) bool {
	ok := c.Cache.Remove(s)
	c.brake.spin(bit(ok))
	return ok
}

func (c braked) Get(id []byte) (*shards.Session, bool) {
	s, ok := c.Cache.Get(id)
	c.brake.spin(bit(ok))
	return s, ok
}

// Promote implements [workload.Promoter].
func (c braked) Promote(s *shards.Session) {
	if p, ok := c.Cache.(workload.Promoter); ok {
		p.Promote(s)
	}
}

// Flush implements [workload.Flusher]; only targets that can flush are asked to.
func (c braked) Flush(now int64) int {
	return c.Cache.(workload.Flusher).Flush(now)
}

// Prepare passes the sessions on to caches that want to see them.
func (c braked) Prepare(s workload.Spec, pool []*shards.Session) {
	type preparer interface {
		Prepare(s workload.Spec, pool []*shards.Session)
	}
	if p, ok := c.Cache.(preparer); ok {
		p.Prepare(s, pool)
	}
}

func unbraked(c workload.Cache) workload.Cache { return c.(braked).Cache }

// slowDriver sets the brake for each slice.
type slowDriver struct {
	*measure.Bench
	brake *brake
	turns map[int]int64 // by the number of goroutines
}

// Slice implements [measure.Driver].
func (d *slowDriver) Slice(goroutines int, length time.Duration, stop *atomic.Bool) measure.Sample {
	d.brake.turns.Store(d.turns[goroutines])
	return d.Bench.Slice(goroutines, length, stop)
}

const (
	calibrationSlice = 20 * time.Millisecond
	calibrationPairs = 6
	calibrationProbe = 0.5 // share by which the probe should slow
)

// calibrate returns how many turns slow the workload by the given share. It
// starts from how long a turn takes by itself, slows the workload by about half
// with that, and looks at what became of it.
func (d *slowDriver) calibrate(goroutines int, by float64) int64 {
	d.each(goroutines, 0) // the first slice finds nothing in the processor's caches
	free := d.each(goroutines, 0)
	probe := int64(math.Ceil(calibrationProbe * free / d.brake.turnTime()))
	ratios := make([]float64, calibrationPairs)
	for i := range ratios {
		first, second := int64(0), probe
		if i%2 == 1 {
			first, second = second, first
		}
		ratio := math.Log(d.each(goroutines, second) / d.each(goroutines, first))
		if i%2 == 1 {
			ratio = -ratio
		}
		ratios[i] = ratio
	}
	became := math.Expm1(compare.Median(ratios))
	// Where noise hides the probe, a turn is taken to cost what it costs alone.
	became = min(max(became, calibrationProbe/4), 4*calibrationProbe)
	return int64(math.Ceil(by / became * float64(probe)))
}

// each returns what an operation takes a goroutine, in nanoseconds: of the
// processors' time, where that is known, since a busy machine may take longer by
// far more than the probe.
func (d *slowDriver) each(goroutines int, turns int64) float64 {
	d.brake.turns.Store(turns)
	s := d.Bench.Slice(goroutines, calibrationSlice, new(atomic.Bool))
	if s.Processor > 0 {
		return s.PerOperation(uint64(s.Processor.Nanoseconds()))
	}
	return s.Each() * float64(goroutines)
}

// turnTime returns what one turn takes by itself, in nanoseconds: the least of
// several tries, the others being interrupted.
func (b *brake) turnTime() float64 {
	const turns = 200_000
	least := math.Inf(1)
	b.turns.Store(turns)
	for range 10 {
		began := time.Now()
		b.spin(1)
		least = min(least, float64(time.Since(began).Nanoseconds())/turns)
	}
	b.turns.Store(0)
	return max(least, 0.01) // a clock that stands still must not divide by 0
}
