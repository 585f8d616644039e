package missratio

import "math/bits"

// A stack tells how many different ids were requested since the last request
// for an id: its distance in an LRU stack (R. Mattson et al., "Evaluation
// techniques for storage hierarchies", 1970). LRU caches of all sizes from the
// distance upwards hit.
//
// Every request takes the next of a row of slots, and leaves the one its id
// had. The distance is how many slots are in use from there on. A Fenwick tree
// counts them, as F. Olken's tree does, but of words of 64 slots: for a million
// ids it fits into the first-level cache. When the row is used up the slots in
// use move to its beginning.
type stack struct {
	used   []uint64 // a bit a slot
	counts []uint32 // a Fenwick tree of the number of bits a word, from 1
	owner  []uint32 // of the slots in use
	slot   []uint32 // of the ids, from 1; 0: none
	next   uint32
	live   uint32
}

// newStack returns a stack for ids below ids, of which at most live are in it
// at a time.
func newStack(ids, live int) *stack {
	// Moving touches all slots, at most once in half of them.
	words := (2*live)/64 + 2
	return &stack{
		used:   make([]uint64, words),
		counts: make([]uint32, words+1),
		owner:  make([]uint32, words*64),
		slot:   make([]uint32, ids),
	}
}

// request returns the distance of the id, 1 for the id that was requested
// last, and puts it on top. It returns 0 for an id that is not in the stack.
func (s *stack) request(id uint32) (distance uint32) {
	if at := s.slot[id]; at != 0 {
		distance = s.live - s.before(at-1)
		s.clear(at - 1)
	}
	if int(s.next) == len(s.owner) {
		s.compact()
	}
	s.set(s.next, id)
	s.next++
	return distance
}

// remove takes the id out.
func (s *stack) remove(id uint32) {
	if at := s.slot[id]; at != 0 {
		s.clear(at - 1)
		s.slot[id] = 0
	}
}

// before returns how many slots below the given one are in use.
func (s *stack) before(slot uint32) uint32 {
	word := slot / 64
	n := uint32(bits.OnesCount64(s.used[word] & (1<<(slot%64) - 1)))
	for i := word; i > 0; i &= i - 1 {
		n += s.counts[i]
	}
	return n
}

func (s *stack) set(slot, id uint32) {
	s.used[slot/64] |= 1 << (slot % 64)
	s.owner[slot] = id
	s.slot[id] = slot + 1
	s.live++
	for i := slot/64 + 1; int(i) < len(s.counts); i += i & -i {
		s.counts[i]++
	}
}

func (s *stack) clear(slot uint32) {
	s.used[slot/64] &^= 1 << (slot % 64)
	s.live--
	for i := slot/64 + 1; int(i) < len(s.counts); i += i & -i {
		s.counts[i]--
	}
}

// compact moves the slots in use to the beginning, in their order.
func (s *stack) compact() {
	to := uint32(0)
	for word, in := range s.used {
		for ; in != 0; in &= in - 1 {
			id := s.owner[word*64+bits.TrailingZeros64(in)]
			s.owner[to] = id // to is not above where id came from
			to++
			s.slot[id] = to
		}
	}
	s.next = to
	clear(s.used)
	clear(s.counts)
	for slot := range to {
		s.used[slot/64] |= 1 << (slot % 64)
	}
	for i := 1; i < len(s.counts); i++ {
		s.counts[i] += uint32(bits.OnesCount64(s.used[i-1]))
		if parent := i + i&-i; parent < len(s.counts) {
			s.counts[parent] += s.counts[i]
		}
	}
}
