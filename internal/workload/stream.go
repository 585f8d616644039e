package workload

import (
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

// Operations returns the whole list, whole blocks of [BlockLength]. A driver
// that is not a [Player] goes through it again and again, from the beginning
// where it is one goroutine's own. It is shared: nobody may change it.
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
	s.at = min(from+n, from-from%BlockLength+BlockLength)
	return s.operations[from:s.at]
}

// NewStreams draws a stream for each of the goroutines. Unless the spec wants
// disjoint keys, goroutine i's does not depend on how many others there are.
func NewStreams(s Spec, goroutines int) []*Stream {
	streams := make([]*Stream, goroutines)
	if s.Kind == AddEvict {
		operations := ring(s)
		next := new(atomic.Uint64)
		first := (s.Sessions + BlockLength - 1) / BlockLength
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

// ringLength makes room for three times the sessions, and for some blocks even
// where there are few sessions, so that goroutines at different blocks add
// different sessions.
func ringLength(sessions int) int {
	blocks := max(64, (3*sessions+BlockLength-1)/BlockLength)
	return blocks * BlockLength
}

// ring adds all sessions of the pool in the order in which they were made, as
// a server does with new sessions.
func ring(s Spec) []Operation {
	operations := make([]Operation, s.Pool())
	for i := range operations {
		operations[i] = CodeAdd | Operation(i)
	}
	return operations
}

// streamLength returns the number of operations of a stream, whole blocks.
func streamLength(sessions int) int {
	n := min(max(4*sessions, minStream), maxStream)
	return (n + BlockLength - 1) / BlockLength * BlockLength
}

func draw(s Spec, goroutine, goroutines int) []Operation {
	n, step, offset := s.Sessions, 1, 0
	if s.Disjoint {
		step, offset = goroutines, goroutine
		n = (s.Sessions - goroutine + goroutines - 1) / goroutines
	}
	k := newKeys(s.Keys, n, s.Seed)
	r := newRandom(s.Seed, domainStream, uint64(goroutine))
	code := coder(s, r)
	operations := make([]Operation, streamLength(s.Sessions))
	for i := range operations {
		key := int(k.draw(r))*step + offset
		operations[i] = code() | Operation(key)
	}
	if s.Kind == Replace {
		alternate(s, goroutine, operations)
	}
	return operations
}

// coder returns what gives each operation its code.
func coder(s Spec, r random) func() Operation {
	switch s.Kind {
	case Churn:
		return func() Operation { return CodeChurn }
	case Get:
		return func() Operation { return CodeGet }
	case Mixed:
		codes := [...]Operation{CodeGet, CodeAdd, CodeRemove}
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
