package workload

import (
	"sync/atomic"
	"time"

	"github.com/reprise-tls/reprise/shards"
)

// Counts are the operations played and how they came out. An operation is one
// call of the cache; a lookup includes the release of what it found.
type Counts struct {
	Adds    uint64 `json:"adds"`
	Added   uint64 `json:"added"` // Adds that returned true
	Removes uint64 `json:"removes"`
	Removed uint64 `json:"removed"` // Removes that returned true
	Gets    uint64 `json:"gets"`
	Hits    uint64 `json:"hits"`
}

// Operations returns the number of calls.
func (c Counts) Operations() uint64 { return c.Adds + c.Removes + c.Gets }

// Plus returns the sum of both.
func (c Counts) Plus(d Counts) Counts {
	return Counts{
		c.Adds + d.Adds, c.Added + d.Added,
		c.Removes + d.Removes, c.Removed + d.Removed,
		c.Gets + d.Gets, c.Hits + d.Hits,
	}
}

// A Player plays a stream on a cache, one goroutine at a time. Playing
// allocates nothing.
type Player struct {
	cache    Cache
	sessions []*shards.Session
	ids      IDs
	stream   *Stream
	play     func(p *Player, operations []Operation)

	// What the loop writes. Players are allocated one by one and are several
	// cache lines long, so that no two share one they write.
	_       [128]byte
	total   Counts
	written [idsAtOnce][shards.MaxIDLength]byte
	_       [128]byte
}

// idsAtOnce is how many ids are made in one go.
const idsAtOnce = 32

// NewPlayer returns a player of one goroutine.
func NewPlayer(c Cache, sessions []*shards.Session, ids IDs, stream *Stream) *Player {
	p := &Player{cache: c, sessions: sessions, ids: ids, stream: stream}
	// Operations that are all alike need no choice, which would cost as much
	// as all the rest.
	switch stream.kind {
	case Churn:
		p.play = (*Player).playChurn
	case Get:
		p.play = (*Player).playGets
	case Mixed:
		p.play = (*Player).playMixed
	default:
		p.play = (*Player).playAdds
	}
	return p
}

// PlayUntil plays until the deadline, on which it looks after every few
// hundred operations, or until stop is set.
func (p *Player) PlayUntil(deadline time.Time, stop *atomic.Bool) Counts {
	p.total = Counts{}
	for !stop.Load() && time.Until(deadline) > 0 {
		p.play(p, p.stream.next(BlockLength))
	}
	return p.total
}

// Play plays n operations of the stream; a removal and an add of churn are
// one of them.
func (p *Player) Play(n int) Counts {
	p.total = Counts{}
	for n > 0 {
		operations := p.stream.next(n)
		p.play(p, operations)
		n -= len(operations)
	}
	return p.total
}

// block is what sessions the operations of a block concern. It stays on the
// stack, where storing a pointer takes no write barrier.
type block [BlockLength]*shards.Session

// find looks the sessions up. A caller has its session at hand, so finding it
// in the pool, often a cache miss, must not delay the operation: these loads
// do not depend on each other and overlap.
func (p *Player) find(b *block, operations []Operation) []*shards.Session {
	found := b[:len(operations)]
	for i, o := range operations {
		found[i] = p.sessions[o&keyMask]
	}
	return found
}

func (p *Player) playAdds(operations []Operation) {
	var b block
	cache, added := p.cache, uint64(0)
	for _, s := range p.find(&b, operations) {
		if cache.Add(s) {
			added++
		}
	}
	p.total.Adds += uint64(len(operations))
	p.total.Added += added
}

func (p *Player) playChurn(operations []Operation) {
	var b block
	cache, added, removed := p.cache, uint64(0), uint64(0)
	for _, s := range p.find(&b, operations) {
		if cache.Remove(s) {
			removed++
		}
		if cache.Add(s) {
			added++
		}
	}
	p.total.Adds += uint64(len(operations))
	p.total.Removes += uint64(len(operations))
	p.total.Added += added
	p.total.Removed += removed
}

// playGets looks ids up in pools with one object an id.
func (p *Player) playGets(operations []Operation) {
	cache, hits := p.cache, uint64(0)
	p.total.Gets += uint64(len(operations))
	for len(operations) > 0 {
		n := min(len(operations), idsAtOnce)
		for i, o := range operations[:n] {
			p.ids.Put(&p.written[i], uint64(o&keyMask))
		}
		for i := range p.written[:n] {
			if s, ok := cache.Get(p.written[i][:]); ok {
				hits++
				s.Release()
			}
		}
		operations = operations[n:]
	}
	p.total.Hits += hits
}

func (p *Player) playMixed(operations []Operation) {
	var b block
	cache, c := p.cache, p.total
	for i, s := range p.find(&b, operations) {
		switch o := operations[i]; o &^ keyMask {
		case CodeAdd:
			c.Adds++
			if cache.Add(s) {
				c.Added++
			}
		case CodeRemove:
			c.Removes++
			if cache.Remove(s) {
				c.Removed++
			}
		default:
			c.Gets++
			p.ids.Put(&p.written[0], uint64(o&keyMask))
			if found, ok := cache.Get(p.written[0][:]); ok {
				c.Hits++
				found.Release()
			}
		}
	}
	p.total = c
}
