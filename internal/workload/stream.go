package workload

import (
	"slices"
	"sync"
	"sync/atomic"
)

// BlockLength is how many operations are played between two looks at the
// clock, how many sessions are looked up in the pool in advance, and how many
// operations of a ring a goroutine takes at once.
const BlockLength = 256

// Bounds of the length of a stream, in operations. A stream covers its keys
// four times on average where it can, and is played round and round.
const (
	minStream = 1 << 16
	maxStream = 1 << 22
)

// A Stream is a sequence of operations without end: a list that is gone
// through again and again.
type Stream struct {
	kind       Kind
	operations []Operation
	at         int
	ring       *atomic.Uint64 // blocks of a ring shared by all goroutines; nil: the stream is one goroutine's
	firstBlock int            // of the ring, where it began
}

// Operations returns the whole list; the length of a ring is a multiple of
// [BlockLength]. A driver that is not a [Player] goes through it again and
// again, from the beginning where it is one goroutine's own, for Fill once a
// fill. It is shared: nobody may change it.
func (s *Stream) Operations() []Operation { return s.operations }

// Ring reports whether the list is a ring that all goroutines share, and the
// number of the block at which they begin together. Whoever has done a block
// takes the next one that nobody has taken, as from an atomic counter, so that
// an object comes up again only after all others.
func (s *Stream) Ring() (firstBlock int, shared bool) { return s.firstBlock, s.ring != nil }

// next returns the next operations, at most n and at most BlockLength. What it
// returns of a ring is not in the next block of another goroutine.
func (s *Stream) next(n int) []Operation {
	if s.ring != nil && s.at%BlockLength == 0 {
		block := (s.ring.Add(1) - 1) % uint64(len(s.operations)/BlockLength)
		s.at = int(block) * BlockLength
	} else if s.at == len(s.operations) {
		s.at = 0
	}
	from := s.at
	s.at = min(from+n, from-from%BlockLength+BlockLength, len(s.operations))
	return s.operations[from:s.at]
}

// NewStreams draws a stream for each of the goroutines. Unless
// [Spec.Divided] says so, goroutine i's does not depend on how many others
// there are.
func NewStreams(s Spec, goroutines int) []*Stream {
	streams := make([]*Stream, goroutines)
	if s.Kind.ringed() {
		operations, first := ring(s)
		next := new(atomic.Uint64)
		next.Store(uint64(first))
		for i := range streams {
			streams[i] = &Stream{kind: s.Kind, operations: operations, ring: next, firstBlock: first}
		}
		return streams
	}
	var all sync.WaitGroup
	for i := range streams {
		all.Go(func() { streams[i] = &Stream{kind: s.Kind, operations: draw(s, i, goroutines)} })
	}
	all.Wait()
	return streams
}

// streamLength returns the number of operations of a stream, whole blocks.
func streamLength(sessions int) int {
	n := min(max(4*sessions, minStream), maxStream)
	return (n + BlockLength - 1) / BlockLength * BlockLength
}

// Divided reports whether a goroutine's stream depends on how many others
// there are, since they divide the sessions among them.
func (s Spec) Divided() bool {
	switch s.Kind {
	case Fill:
		return true
	case AddEvict, Scan, Flush:
		return false
	}
	return s.Disjoint
}

func draw(s Spec, goroutine, goroutines int) []Operation {
	switch s.Kind {
	case Fill:
		return fillShare(s, goroutine, goroutines)
	case Hot:
		const first = Operation(0) // any session will do
		return slices.Repeat([]Operation{CodeGet + first}, 16*BlockLength)
	}
	n, step, offset := s.Sessions, 1, 0
	switch {
	case s.Kind == Flush: // the live sessions lie behind those that expire
		n, offset = LiveSessions, s.Sessions
	case s.Disjoint:
		step, offset = goroutines, goroutine
		n = (s.Sessions - goroutine + goroutines - 1) / goroutines
	}
	k := newKeys(s.Keys, n, s.Seed)
	r := newRandom(s.Seed, domainStream, uint64(goroutine))
	code := coder(s, r)
	length := streamLength(n * step)
	if s.Keys == Cyclic {
		length = max(1, length/n) * n // so that beginning again breaks no round
	}
	operations := make([]Operation, length)
	for i := range operations {
		// Streams are pinned by digests: the key is drawn before the code, and
		// only a law that tells adds from lookups needs the other order.
		if s.Keys.kind == latestLaw {
			c := code()
			draw := k.draw
			if c == CodeAdd {
				draw = k.add
			}
			operations[i] = c | Operation(int(draw(r))*step+offset)
			continue
		}
		key := int(k.draw(r))*step + offset
		operations[i] = code() | Operation(key)
	}
	if s.Kind == Replace {
		alternate(s, goroutine, operations)
	}
	return operations
}

// fillShare adds the goroutine's share of the sessions once, in the order in
// which they were made.
func fillShare(s Spec, goroutine, goroutines int) (operations []Operation) {
	for i := goroutine * s.Sessions / goroutines; i < (goroutine+1)*s.Sessions/goroutines; i++ {
		operations = append(operations, CodeAdd|Operation(i))
	}
	return operations
}

// coder returns what gives each operation its code.
func coder(s Spec, r random) func() Operation {
	switch s.Kind {
	case Churn, ExpiryMixed:
		return func() Operation { return CodeChurn }
	case Get, Flush:
		return func() Operation { return CodeGet }
	case Mixed:
		codes := [...]Operation{CodeGet, CodeAdd, CodeRemove, CodeResume}
		table := hundred(s.Mix.shares())
		return func() Operation { return codes[table[r.below(100)]] }
	}
	return func() Operation { return CodeAdd }
}

// alternate turns keys into numbers of objects. A goroutine alternates, for
// each id, between two objects; goroutines have different pairs as far as
// there are pairs. An add that finds its own object linked, by another
// goroutine with the same pair, replaces nothing.
func alternate(s Spec, goroutine int, operations []Operation) {
	// Every key comes up an even number of times, so that the stream can begin
	// again: its second half has the keys of the first.
	half := len(operations) / 2
	copy(operations[half:], operations[:half])
	pair := goroutine % (s.Objects / 2)
	odd := make([]bool, s.Sessions)
	for i, o := range operations {
		key := o & keyMask
		// Object 0 is linked at the beginning.
		odd[key] = !odd[key]
		object := Operation(2 * pair)
		if odd[key] {
			object++
		}
		operations[i] = CodeAdd | key*Operation(s.Objects) + object
	}
}
