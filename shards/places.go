package shards

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/reprise-tls/reprise/internal/yield"
)

// unlimitedPlaces stands for the capacity of a table without a bound.
const unlimitedPlaces = 1 << 40

// places keeps the bound of a table. There are as many places as the table's
// capacity says; a session may be linked only by one who has taken a place,
// and whoever unlinks one returns its place or uses it for another session.
// So at every instant
//
//	linked <= taken places = total - free places
//
// holds by construction, and no goroutine that stalls, even between taking a
// place and linking, keeps others from taking the rest.
//
// Free places are spread over stripes, so that goroutines do not share a cache
// line; a goroutine whose stripe is empty takes exactly one place from
// another. Places move from free to taken and back, never from stripe to
// stripe: hence one who looked at every stripe and found none free knows that
// none was free all along, unless somebody returned one meanwhile. That is why
// N adds into an empty table of capacity N all find a place.
type places struct {
	stripes []stripe
	mask    uint32

	_     [64]byte
	total atomic.Int64 // places that exist: the capacity and the debt
	debt  atomic.Int64 // places that exist and must vanish, after a shrink

	resize   sync.Mutex // serializes what SetCapacity counts and unlinks, and nothing else
	capacity atomic.Int64

	oneByOne bool // stamps are: the table has one shard, whose order is exact

	_     [64]byte
	block atomic.Uint64 // the newest block of stamps

	linked gauge
}

// stripe is written by few goroutines, mostly one.
type stripe struct {
	free    atomic.Int64
	stamp   atomic.Uint64
	sweeps  atomic.Uint64
	retries atomic.Uint64
	evicted atomic.Uint64 // calls of Evict
	_       [128 - 40]byte
}

// exactCapacity is the largest capacity at which eviction looks at every
// session.
const exactCapacity = 64

// stampBlock is how many stamps a stripe draws at once.
const stampBlock = 16

func (p *places) init(capacity, shards int) {
	p.oneByOne = shards == 1
	n := 16 // fewer, and two goroutines would often meet in one
	for n < 2*runtime.GOMAXPROCS(0) && n < 64 {
		n *= 2
	}
	p.stripes = make([]stripe, n)
	p.mask = uint32(n - 1)
	c := placesFor(capacity)
	p.capacity.Store(c)
	p.total.Store(c)
	p.spread(c)
}

func placesFor(capacity int) int64 {
	if capacity == Unlimited {
		return unlimitedPlaces
	}
	return int64(capacity)
}

func (p *places) spread(n int64) {
	k := int64(len(p.stripes))
	for i := range p.stripes {
		share := n / k
		if int64(i) < n%k {
			share++
		}
		if share > 0 {
			yield.At(yield.SpreadPlaces)
			p.stripes[i].free.Add(share)
		}
	}
}

func (p *places) mine() *stripe { return &p.stripes[Affinity()&p.mask] }

// take takes a free place and reports whether there was one.
//
// Lock-free: a failed compare-and-swap means that somebody else took or
// returned a place. Linearizes at the successful compare-and-swap; a failure
// at the last load.
func (p *places) take() bool {
	first := Affinity()
	for i := range uint32(len(p.stripes)) {
		if yield.Enabled { // or take would be too long to be inlined
			yield.At(yield.FreeLoad)
		}
		free := &p.stripes[(first+i)&p.mask].free
		for {
			n := free.Load()
			if n <= 0 {
				break
			}
			yield.At(yield.ReserveCAS)
			if free.CompareAndSwap(n, n-1) {
				return true
			}
		}
	}
	return false
}

// giveBack returns a taken place: it pays a debt, if there is one, and is free
// otherwise.
func (p *places) giveBack() {
	yield.At(yield.DebtLoad)
	if p.debt.Load() > 0 && p.pay() {
		return
	}
	yield.At(yield.ReturnPlace)
	p.mine().free.Add(1)
}

// pay makes a taken place vanish, if a debt is left.
func (p *places) pay() bool {
	for {
		d := p.debt.Load()
		if d <= 0 {
			return false
		}
		yield.At(yield.PayDebt)
		if p.debt.CompareAndSwap(d, d-1) {
			p.vanish(1)
			return true
		}
	}
}

// owing reports whether places must vanish before another session may be
// linked.
func (p *places) owing() bool {
	yield.At(yield.DebtLoad)
	return p.debt.Load() > 0
}

// resizeTo changes the number of places. Where it shrinks it takes free places
// first, then those of victims: evict is to call payWith, and returns false
// when it finds none. What is left, places taken by adds that are under way,
// stays a debt.
func (p *places) resizeTo(capacity int, evict func() bool) {
	p.setTotal(placesFor(capacity))
	p.payFromFree()
	for p.owing() && evict() {
		p.payFromFree()
	}
	// What came back while evict found nothing pays too. Above all, by the lock,
	// that waits for another call's payWith, whose place is no longer owed but
	// still there.
	p.payFromFree()
}

func (p *places) setTotal(c int64) {
	yield.Lock(&p.resize)
	defer p.resize.Unlock()
	d := c - p.capacity.Load()
	p.capacity.Store(c)
	if d < 0 {
		// First what is free, so that an add which meets a debt knows that
		// there is no room.
		free := p.collect(-d)
		p.vanish(free)
		yield.At(yield.RaiseDebt)
		p.debt.Add(-d - free)
		return
	}
	// A debt that is no longer owed needs no new places.
	d -= p.reduceDebt(d)
	yield.At(yield.ChangeTotal)
	p.total.Add(d)
	p.spread(d)
}

// vanish makes n taken places cease to exist.
func (p *places) vanish(n int64) {
	p.linked.shrink()
	yield.At(yield.ChangeTotal)
	p.total.Add(-n)
}

// payWith pays for one of the places owed with that of a session which unlink
// unlinks, if it finds one. It takes the place off the debt before: whoever saw
// the debt while the session is leaving would evict another for it. And it has
// the lock, because another SetCapacity, which sees that less is owed than there
// is to pay, must not return before it is paid. So it is for its caller to hand
// the session to the sink, which may set the capacity.
func (p *places) payWith(unlink func() bool) {
	yield.Lock(&p.resize)
	defer p.resize.Unlock()
	if p.reduceDebt(1) == 0 {
		return
	}
	if unlink() {
		p.vanish(1)
		return
	}
	yield.At(yield.RaiseDebt)
	p.debt.Add(1)
}

// reduceDebt lowers the debt by at most n and returns by how much.
func (p *places) reduceDebt(n int64) int64 {
	for {
		d := p.debt.Load()
		k := min(d, n)
		if k <= 0 {
			return 0
		}
		yield.At(yield.ReduceDebt)
		if p.debt.CompareAndSwap(d, d-k) {
			return k
		}
	}
}

// collect takes up to n free places and returns how many it took.
func (p *places) collect(n int64) (taken int64) {
	for i := 0; i < len(p.stripes) && taken < n; i++ {
		free := &p.stripes[i].free
		for {
			yield.At(yield.FreeLoad)
			have := free.Load()
			k := min(have, n-taken)
			if k <= 0 {
				break
			}
			yield.At(yield.CollectCAS)
			if free.CompareAndSwap(have, have-k) {
				taken += k
				break
			}
		}
	}
	return taken
}

// payFromFree pays the debt, as far as that can be done, with places that were
// returned while it arose. It does so under the lock: places that it has taken
// and gives back are missing meanwhile, and another call of SetCapacity would
// evict for want of them.
func (p *places) payFromFree() {
	yield.Lock(&p.resize)
	defer p.resize.Unlock()
	free := p.collect(p.debt.Load())
	if free == 0 {
		return
	}
	paid := p.reduceDebt(free)
	p.vanish(paid)
	if free > paid { // somebody else paid meanwhile
		yield.At(yield.SpreadPlaces)
		p.mine().free.Add(free - paid)
	}
}

// bound returns the capacity as the caller of SetCapacity gave it.
func (p *places) bound() int {
	if c := p.capacity.Load(); c != unlimitedPlaces {
		return int(c)
	}
	return Unlimited
}

// taken returns the number of taken places, between 0 and the capacity.
func (p *places) taken() int {
	n := p.total.Load()
	for i := range p.stripes {
		n -= p.stripes[i].free.Load()
	}
	return int(max(0, min(n, p.capacity.Load())))
}

// exact reports whether the table is small enough to be evicted from exactly.
func (p *places) exact() bool { return p.capacity.Load() <= exactCapacity }

// nextStamp returns a number greater than those of sessions added earlier: in
// tables of one shard than all of them, in others than all but the latest few
// dozen adds of other goroutines. Stripes draw stamps in blocks, since one counter
// for all would be the line that every add of every goroutine writes.
func (p *places) nextStamp() uint64 {
	if p.oneByOne {
		return p.block.Add(1) * stampBlock
	}
	m := p.mine()
	n := m.stamp.Add(1)
	if n%stampBlock == 0 || n/stampBlock+2 < p.block.Load() {
		n = p.block.Add(1)*stampBlock + 1
		m.stamp.Store(n)
	}
	return n
}

// nextSweep returns where a sweep should look: for each goroutine, or nearly,
// one place after the other.
func (p *places) nextSweep() uint64 { return p.mine().sweeps.Add(1) }

// nextEviction returns where an Evict should look when others are looking too:
// for each goroutine, or nearly, another place in each call, far from the last.
func (p *places) nextEviction() uint64 {
	const golden = 0x9E3779B97F4A7C15 // 2^64 over the golden ratio: multiples of it are spread evenly
	return (p.mine().evicted.Add(1) + uint64(Affinity()&p.mask)) * golden
}

func (p *places) countRetry() { p.mine().retries.Add(1) }

func (p *places) retried() (n uint64) {
	for i := range p.stripes {
		n += p.stripes[i].retries.Load()
	}
	return n
}
