package tlscache

import (
	"crypto/rand"
	"encoding/binary"
	"sync/atomic"
	"time"
)

// An epoch is part of every scope, so to raise it is to leave all sessions made
// under it behind, at once and in one step. Its value is a time in microseconds
// since 1970: of two revocations the later one has the greater epoch also if
// they were made by processes that knew nothing of each other.
//
// An epoch only goes up: whatever a store says, a lower one is ignored, so
// nobody brings revoked sessions back by putting an old value there.
//
// A process that has a store and has not read the epoch from it yet does not
// know what was revoked. It uses a provisional epoch, a random one that no
// other process has: it resumes its own sessions and nobody else's.
type epoch struct{ value atomic.Uint64 }

// provisionalEpoch is a bit that no time has.
const provisionalEpoch = 1 << 63

// init sets the first epoch: 0, or a provisional one.
func (e *epoch) init(shared bool) {
	if !shared {
		return
	}
	var b [8]byte
	rand.Read(b[:])
	e.value.Store(binary.BigEndian.Uint64(b[:]) | provisionalEpoch)
}

func (e *epoch) load() uint64 { return e.value.Load() }

// known returns the epoch, and false while it is a provisional one.
func (e *epoch) known() (uint64, bool) {
	v := e.load()
	return v, v&provisionalEpoch == 0
}

// raise sets the epoch to one that is later or known for the first time, and
// reports whether it did. Linearizes at the compare-and-swap.
func (e *epoch) raise(to uint64) bool {
	for {
		v := e.load()
		if v&provisionalEpoch == 0 && to <= v || to&provisionalEpoch != 0 {
			return false
		}
		if e.value.CompareAndSwap(v, to) {
			return true
		}
	}
}

// next raises the epoch to now, or to one more if the clock went back, and
// returns it.
func (e *epoch) next() uint64 {
	for {
		v, known := e.known()
		to := uint64(max(time.Now().UnixMicro(), 1))
		if known && to <= v {
			to = v + 1
		}
		if e.value.CompareAndSwap(v, to) {
			return to
		}
	}
}
