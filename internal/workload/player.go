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
// allocates nothing, but for the new sessions of Scan.
type Player struct {
	cache    Cache
	sessions []*shards.Session
	ids      IDs
	stream   *Stream
	maker    *Maker
	promoter Promoter // nil: the cache is none
	created  func() int64
	play     func(p *Player, operations []Operation)

	// What the loop writes. Players are allocated one by one and are several
	// cache lines long, so that no two share one they write.
	_       [128]byte
	total   Counts
	sampler sampler
	written [idsAtOnce][shards.MaxIDLength]byte
	_       [128]byte
}

// idsAtOnce is how many ids are made in one go.
const idsAtOnce = 32

// PlayerOptions say how to play.
type PlayerOptions struct {
	// Maker makes the sessions of clients that Scan finds to have none. Nil:
	// their objects of the pool are added again.
	Maker *Maker

	// Every says that one operation in so many is timed, at random distances;
	// 0: none.
	Every int

	// Seed of those distances.
	Seed uint64

	// Created, if not nil, is asked before each add of workload mixed when the
	// session counts as created, in Unix seconds; else it was when it was made.
	Created func() int64
}

// NewPlayer returns a player of one goroutine.
func NewPlayer(c Cache, sessions []*shards.Session, ids IDs, stream *Stream, o PlayerOptions) *Player {
	p := &Player{cache: c, sessions: sessions, ids: ids, stream: stream, maker: o.Maker, created: o.Created}
	p.promoter, _ = c.(Promoter)
	p.sampler = newSampler(o.Every, o.Seed)
	// Operations that are all alike need no choice, which would cost as much
	// as all the rest.
	switch stream.kind {
	case Churn, ExpiryMixed:
		p.play = (*Player).playChurn
	case Get, Hot, Flush:
		p.play = (*Player).playGets
	case Mixed:
		p.play = (*Player).playMixed
	case Scan:
		p.play = (*Player).playScan
	default:
		p.play = (*Player).playAdds
	}
	return p
}

// PlayUntil plays until the deadline, on which it looks after every few
// hundred operations, or until stop is set. Where stop is not set it plays some
// operations though the deadline has passed: a goroutine that a busy machine let
// wait for its whole slice would else have no figure.
func (p *Player) PlayUntil(deadline time.Time, stop *atomic.Bool) Counts {
	p.total = Counts{}
	for !stop.Load() {
		p.playSome(p.stream.next(BlockLength))
		if time.Until(deadline) <= 0 {
			break
		}
	}
	return p.total
}

// PlayWhile plays at least one operation, and goes on until done is set, on
// which it looks after every few.
func (p *Player) PlayWhile(done *atomic.Bool) Counts {
	p.total = Counts{}
	for {
		p.playSome(p.stream.next(idsAtOnce))
		if done.Load() {
			return p.total
		}
	}
}

// Play plays n operations of the stream, fewer if stop, which may be nil, is
// set. A removal and an add of churn are one of them, and so is a lookup with
// what comes of it.
func (p *Player) Play(n int, stop *atomic.Bool) Counts {
	p.total = Counts{}
	for n > 0 && (stop == nil || !stop.Load()) {
		operations := p.stream.next(n)
		p.playSome(operations)
		n -= len(operations)
	}
	return p.total
}

// PlayBlock plays the next [BlockLength] operations or a few less, for those
// who look at the clock themselves.
func (p *Player) PlayBlock() { p.playSome(p.stream.next(BlockLength)) }

// Next returns the next operation, which [Player.PlayOne] plays.
func (p *Player) Next() Operation { return p.stream.next(1)[0] }

// PlayOne plays one operation and times nothing.
func (p *Player) PlayOne(o Operation) {
	one := [1]Operation{o}
	p.play(p, one[:])
}

// Take returns what was played since Take was last called, by PlayBlock and
// PlayOne.
func (p *Player) Take() Counts {
	c := p.total
	p.total = Counts{}
	return c
}

// Length is the number of operations of the player's stream until it begins
// again.
func (p *Player) Length() int { return len(p.stream.operations) }

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
			if p.created != nil {
				s.SetCreated(p.created())
			}
			c.Adds++
			if cache.Add(s) {
				c.Added++
			}
		case CodeRemove:
			c.Removes++
			if cache.Remove(s) {
				c.Removed++
			}
		case CodeResume:
			p.ids.Put(&p.written[0], uint64(o&keyMask))
			p.resume(&c, o.Key())
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

// playScan does lookups that a handshake follows where they find nothing, and
// adds.
func (p *Player) playScan(operations []Operation) {
	var b block
	c := p.total
	for i, s := range p.find(&b, operations) {
		o := operations[i]
		if o.Code() == CodeAdd {
			c.Adds++
			if p.cache.Add(s) {
				c.Added++
			}
			continue
		}
		p.ids.Put(&p.written[0], uint64(o.Key()))
		p.resume(&c, o.Key())
	}
	p.total = c
}

// resume looks up the id in written[0], which is that of the object, and adds
// a new session if there is none.
func (p *Player) resume(c *Counts, object int) {
	c.Gets++
	found, ok := p.cache.Get(p.written[0][:])
	if ok {
		c.Hits++
		if p.promoter != nil {
			p.promoter.Promote(found)
		}
		found.Release()
		return
	}
	c.Adds++
	if p.handshake(object) {
		c.Added++
	}
}

// handshake adds a new session with the id of an object, as a full handshake
// does, and drops the reference that its maker has. An object that was in a
// cache before would still be promoted.
func (p *Player) handshake(object int) bool {
	if p.maker == nil {
		if p.created != nil {
			p.sessions[object].SetCreated(p.created())
		}
		return p.cache.Add(p.sessions[object])
	}
	s, err := p.maker.Make(object)
	if err != nil {
		panic(err) // it has made one like it before
	}
	defer s.Release()
	return p.cache.Add(s)
}
