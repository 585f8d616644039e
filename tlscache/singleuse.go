package tlscache

import (
	"context"
	"time"
)

// claimSlack is added to the lifetime of claims in the store, so that a session
// does not outlive the claim where clocks differ. A claim outlives its use:
// other processes may still have the session in memory.
const claimSlack = 10 * time.Minute

// reserve gives this handshake the session with the given handle, unless another
// one of this process has it.
//
// It comes before the lookup, and a use that is confirmed removes the session
// before it gives the reservation up: so whoever finds the session while it holds
// the reservation is the only one to have it.
func (h *handshake) reserve(id handle) bool {
	s := h.server
	if _, taken := s.reserved.LoadOrStore(id, h); taken {
		return false
	}
	s.counters.reserved.Add(1)
	r := &h.once
	r.mu.Lock()
	defer r.mu.Unlock()
	r.id, r.held = id, true
	if r.stop == nil {
		// crypto/tls ends the context when the handshake is over, however it
		// ended: with a forged binder, or in silence.
		r.stop = context.AfterFunc(h.ctx, h.release)
	}
	return true
}

// claim asks the store whether this process may use the reserved session, at
// most once a handshake. An error counts as no: then nobody knows who has it.
func (h *handshake) claim() bool {
	s, r := h.server, &h.once
	if r.asked {
		return false
	}
	r.asked = true
	granted, err := s.cache.StoreClaim(h.ctx, r.id[:], s.options.Lifetime+claimSlack)
	if err != nil || !granted {
		return false
	}
	r.mu.Lock()
	r.claimed = r.held
	lost := !r.held // the context has ended meanwhile
	r.mu.Unlock()
	if lost {
		_ = s.cache.StoreUnclaim(context.WithoutCancel(h.ctx), h.resumed.id[:]) // counted by the cache
	}
	return !lost
}

// take ends the reservation and returns what it was.
func (r *reservation) take() (id handle, held, claimed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id, held, claimed = r.id, r.held, r.claimed
	r.held, r.claimed = false, false
	return id, held, claimed
}

// release gives an unused session back. It may be called at any time, and runs
// when the handshake is over.
func (h *handshake) release() {
	s := h.server
	id, held, claimed := h.once.take()
	if !held {
		return
	}
	if claimed {
		// If that fails the claim runs out by itself; until then the client
		// gets full handshakes.
		_ = s.cache.StoreUnclaim(context.WithoutCancel(h.ctx), id[:])
	}
	s.counters.released.Add(1)
	s.reserved.Delete(id)
}

// confirm removes the reserved session: the client has proven that it knows its
// secret. It reports whether this handshake has the use of the session; it has
// not if its context ended before.
func (h *handshake) confirm() bool {
	s := h.server
	if !s.options.SingleUse || h.once.confirmed {
		return true
	}
	id, held, _ := h.once.take()
	if !held {
		return false
	}
	h.once.confirmed = true
	h.once.stop()
	s.counters.confirmed.Add(1)
	if !s.cache.HasStore() {
		s.cache.RemoveID(id[:])
		s.reserved.Delete(id)
		return true
	}
	// To delete it in the store takes a round trip, which the handshake need
	// not wait for: the reservation stands until it is done, the claim longer.
	s.removals.Go(func() {
		s.cache.RemoveID(id[:])
		s.reserved.Delete(id)
	})
	return true
}
