package lincheck

import (
	"math/rand/v2"
	"runtime"
	"strconv"

	"github.com/reprise-tls/reprise/shards"
)

// sink receives what leaves a table.
type sink struct {
	history *history
	table   int
}

// Dropped implements [shards.Sink].
func (k *sink) Dropped(s *shards.Session, expiry int64, r shards.Reason) {
	k.history.dropped(k.table, s, expiry, r)
	s.Release()
}

// dropped is told of a session that left a table; expiry 0 is not known. The
// caller holds a reference.
func (h *history) dropped(table int, s *shards.Session, expiry int64, r shards.Reason) {
	at := h.time()
	number := h.numbers[s]
	switch {
	case number == 0: // a filler
		return
	case !h.attributed:
		if rand.IntN(8) == 0 {
			runtime.Gosched()
		}
		return
	}
	w := h.workerOf(goroutineID())
	if w == nil {
		h.problem("the sink was called by a goroutine that called nothing")
		return
	}
	w.dropped(drop{number, expiry, r, at})
	w.checkState(s, number)
	if h.reentrant {
		w.callBack(table)
	}
}

// drop is what the sink was told.
type drop struct {
	session int   // number
	expiry  int64 // 0: not known
	reason  shards.Reason
	at      int64 // when; the session had been unlinked
}

// goroutineID returns the number of the calling goroutine, which the runtime
// tells only in a stack trace. That costs microseconds.
func goroutineID() uint64 {
	const prefix = "goroutine "
	var b [64]byte
	text := b[len(prefix):runtime.Stack(b[:], false)]
	for i, c := range text {
		if c < '0' || c > '9' {
			text = text[:i]
			break
		}
	}
	n, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil {
		panic("lincheck: the runtime does not tell the number of a goroutine: " + err.Error())
	}
	return n
}
