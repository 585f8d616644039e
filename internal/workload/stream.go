package workload

import (
	"sync"
	"sync/atomic"
)

// An operation is a code in the upper bits and the number of a session object
// in the lower ones.
type operation = uint32

const (
	keyBits = 29
	keyMask = 1<<keyBits - 1
)

// Codes of operations. An operation of churn is a removal and an add.
const (
	codeGet = iota << keyBits
	codeAdd
	codeRemove
	codeChurn
)

// blockLength is how many operations are played between two looks at the
// clock, and how many sessions are looked up in the pool in advance.
const blockLength = 256

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
	operations []operation
	at         int
	ring       *atomic.Uint64 // blocks of a ring shared by all goroutines; nil: the stream is one goroutine's
}

// next returns the next operations, at most n and at most blockLength. What it
// returns of a ring is not in the next block of another goroutine.
func (s *Stream) next(n int) []operation {
	if s.ring != nil && s.at%blockLength == 0 {
		block := (s.ring.Add(1) - 1) % uint64(len(s.operations)/blockLength)
		s.at = int(block) * blockLength
	} else if s.at == len(s.operations) {
		s.at = 0
	}
	from := s.at
	s.at = min(from+n, from-from%blockLength+blockLength)
	return s.operations[from:s.at]
}

// NewStreams draws a stream for each of the goroutines. Unless the spec wants
// disjoint keys, goroutine i's does not depend on how many others there are.
func NewStreams(s Spec, goroutines int) []*Stream {
	streams := make([]*Stream, goroutines)
	if s.Kind == AddEvict {
		operations := ring(s)
		next := new(atomic.Uint64)
		next.Store(uint64(s.Sessions+blockLength-1) / blockLength)
		for i := range streams {
			streams[i] = &Stream{kind: s.Kind, operations: operations, ring: next}
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
	blocks := max(64, (3*sessions+blockLength-1)/blockLength)
	return blocks * blockLength
}

// ring adds all sessions of the pool in the order in which they were made, as
// a server does with new sessions.
func ring(s Spec) []operation {
	operations := make([]operation, s.Pool())
	for i := range operations {
		operations[i] = codeAdd | operation(i)
	}
	return operations
}

// streamLength returns the number of operations of a stream, whole blocks.
func streamLength(sessions int) int {
	n := min(max(4*sessions, minStream), maxStream)
	return (n + blockLength - 1) / blockLength * blockLength
}

func draw(s Spec, goroutine, goroutines int) []operation {
	n, step, offset := s.Sessions, 1, 0
	if s.Disjoint {
		step, offset = goroutines, goroutine
		n = (s.Sessions - goroutine + goroutines - 1) / goroutines
	}
	k := newKeys(s.Keys, n, s.Seed)
	r := newRandom(s.Seed, domainStream, uint64(goroutine))
	code := coder(s, r)
	operations := make([]operation, streamLength(s.Sessions))
	for i := range operations {
		key := int(k.draw(r))*step + offset
		operations[i] = code() | operation(key)
	}
	if s.Kind == Replace {
		alternate(s, goroutine, operations)
	}
	return operations
}

// coder returns what gives each operation its code.
func coder(s Spec, r random) func() operation {
	switch s.Kind {
	case Churn:
		return func() operation { return codeChurn }
	case Get:
		return func() operation { return codeGet }
	case Mixed:
		codes := [...]operation{codeGet, codeAdd, codeRemove}
		table := hundred(s.Mix.shares())
		return func() operation { return codes[table[r.below(100)]] }
	}
	return func() operation { return codeAdd }
}

// alternate turns keys into numbers of objects. A goroutine alternates, for
// each id, between two objects; goroutines have different pairs as far as
// there are pairs. An add that finds its own object linked, by another
// goroutine with the same pair, replaces nothing.
func alternate(s Spec, goroutine int, operations []operation) {
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
		object := operation(2 * pair)
		if odd[key] {
			object++
		}
		operations[i] = codeAdd | key*operation(s.Objects) + object
	}
}
