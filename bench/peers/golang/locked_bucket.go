package golang

import (
	"math/bits"
	"sync/atomic"
	"unsafe"

	"github.com/reprise-tls/reprise/shards"
)

// perBucket is how many sessions a bucket has room for: with their tags and
// ages they fill a cache line.
const perBucket = 5

// bucket is one cache line of a [Locked]. It is written under the lock of its
// part and read by anybody.
//
// A session lies in the bucket that its hash names, its home, or, where that
// is full, in one of those behind it in the same part.
type bucket struct {
	// word has in its low bytes a tag for each place and above them the number
	// of sessions that were put behind this bucket because it was full. A tag
	// is written before its session and stays when the session goes.
	word     atomic.Uint64
	sessions [perBucket]atomic.Pointer[shards.Session]
	ages     [perBucket]uint16 // numbers in the part's ring; only under the lock
	_        [6]byte
}

// A bucket fills one line.
const _ = -(unsafe.Sizeof(bucket{}) ^ 64)

const (
	tagBits     = 8
	behindShift = perBucket * tagBits
	oneBehind   = 1 << behindShift
	everyTag    = 1<<behindShift - 1
	lowBits     = 0x01_01_01_01_01
	highBits    = 0x80_80_80_80_80
)

// tagOf returns the tag of a hash, from other bits than those that choose the
// bucket.
func tagOf(hash uint64) uint64 { return hash & (1<<tagBits - 1) }

// matches returns a word in which the highest bit of a byte is set where the
// tag is the one given. It may claim a match too many behind a true one.
func matches(word, tag uint64) uint64 {
	x := word&everyTag ^ tag*lowBits
	return (x - lowBits) & ^x & highBits
}

// first returns the place of the first match.
func first(match uint64) int { return bits.TrailingZeros64(match) / tagBits }

// more reports whether sessions whose home this is may lie behind it.
func more(word uint64) bool { return word >= oneBehind }

// put puts s into place i, which is free or has a session with the same id.
func (b *bucket) put(i int, s *shards.Session, age uint16) {
	word := b.word.Load()
	shift := i * tagBits
	// Most often a session that comes back finds its tag.
	if w := word&^(0xff<<shift) | tagOf(s.Hash())<<shift; w != word {
		b.word.Store(w)
	}
	b.ages[i] = age
	b.sessions[i].Store(s)
}

// free returns a free place, -1 if there is none.
func (b *bucket) free() int {
	for i := range b.sessions {
		if b.sessions[i].Load() == nil {
			return i
		}
	}
	return -1
}

// ofAge returns the place of the session with an age, -1 if there is none.
func (b *bucket) ofAge(age uint16) int {
	for i := range b.ages {
		if b.ages[i] == age && b.sessions[i].Load() != nil {
			return i
		}
	}
	return -1
}
