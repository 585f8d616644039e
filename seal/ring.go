package seal

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Ring is a set of keys, one of which seals while all of them open. Any number
// of goroutines may use it at once; they wait for each other only while keys
// change, so that no key is zeroed under one that uses it.
type Ring struct {
	schedule *schedule // nil: by hand

	mu     sync.RWMutex
	keys   map[KeyID]*ringKey
	active *ringKey
	valid  window // of the schedule's keys
	closed bool
}

// NewRing makes a ring whose keys are changed by hand. The first key seals,
// all of them open. Without keys it opens nothing, and seals nothing until
// keys are added and one is activated. The keys are copied. A key given twice
// is refused.
func NewRing(keys ...*Key) (*Ring, error) {
	r := &Ring{keys: map[KeyID]*ringKey{}}
	for i, k := range keys {
		if _, ok := r.keys[k.ID()]; ok {
			return nil, &ConfigError{Field: fmt.Sprintf("keys[%d]", i), Value: "a key given before", Allowed: "each key once"}
		}
		added := newRingKey(k)
		r.keys[added.id] = added
		if i == 0 {
			r.active = added
		}
	}
	return r, nil
}

// Add adds a key that opens, and does not seal until it is activated. In a
// fleet all nodes add a key before the first of them activates it. Adding a
// key that is there already changes nothing. It fails with [ErrNoKey] after
// Close.
func (r *Ring) Add(k *Key) (KeyID, error) {
	added := newRingKey(k)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		added.wipe()
		return KeyID{}, ErrNoKey
	case r.keys[added.id] != nil:
		added.wipe()
	default:
		r.keys[added.id] = added
	}
	return added.id, nil
}

// Activate makes a key that was added the one that seals; the one that did so
// before goes on to open. It fails with an error that wraps [ErrUnknownKey],
// and with [ErrScheduled] on a scheduled ring.
func (r *Ring) Activate(id KeyID) error {
	if r.schedule != nil {
		return ErrScheduled
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	k := r.keys[id]
	if k == nil {
		return fmt.Errorf("%w: %s", ErrUnknownKey, id)
	}
	r.active = k
	return nil
}

// Retire zeroes a key and forgets it: what it sealed cannot be opened any
// more. It fails with an error that wraps [ErrUnknownKey], or [ErrActive] for
// the key that seals, and with [ErrScheduled] for a key of a schedule.
func (r *Ring) Retire(id KeyID) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := r.keys[id]
	switch {
	case k == nil:
		return fmt.Errorf("%w: %s", ErrUnknownKey, id)
	case k.scheduled:
		return ErrScheduled
	case k == r.active:
		return fmt.Errorf("%w: %s", ErrActive, id)
	}
	r.forget(k)
	return nil
}

// Close zeroes all keys. Afterwards the ring seals and opens nothing.
func (r *Ring) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.active = nil
	for _, k := range r.keys {
		r.forget(k)
	}
	if r.schedule != nil {
		r.schedule.wipe()
	}
}

// forget drops a key and zeroes it. The caller has the lock.
func (r *Ring) forget(k *ringKey) {
	delete(r.keys, k.id)
	k.wipe()
}

// KeyInfo describes a key of a ring.
type KeyInfo struct {
	ID     KeyID
	Active bool // it seals

	// Begin and End say when a scheduled key seals: from Begin until before
	// End. They are zero for keys added by hand.
	Begin, End time.Time
}

// Keys lists the keys that open, the active one first, then the latest of the
// schedule first, then those added by hand by id.
func (r *Ring) Keys() []KeyInfo {
	defer r.rlock()()
	list := make([]KeyInfo, 0, len(r.keys))
	for _, k := range r.keys {
		info := KeyInfo{ID: k.id, Active: k == r.active}
		if k.scheduled {
			info.Begin = r.schedule.begin(k.epoch)
			info.End = r.schedule.begin(k.epoch + 1)
		}
		list = append(list, info)
	}
	slices.SortFunc(list, func(a, b KeyInfo) int {
		if a.Active != b.Active {
			if a.Active {
				return -1
			}
			return 1
		}
		if c := b.Begin.Compare(a.Begin); c != 0 {
			return c
		}
		return strings.Compare(string(a.ID[:]), string(b.ID[:]))
	})
	return list
}

// MaxAge returns for how long what is sealed now can be opened for certain, or
// 0 if only Retire ends that.
func (r *Ring) MaxAge() time.Duration {
	if r.schedule == nil {
		return 0
	}
	return r.schedule.Overlap
}

// rlock locks the ring for one that seals or opens, with the keys of the
// present time, and returns what unlocks it.
func (r *Ring) rlock() (unlock func()) {
	if r.schedule == nil {
		r.mu.RLock()
		return r.mu.RUnlock
	}
	now := r.schedule.Clock()
	r.mu.RLock()
	if r.closed || r.valid.contains(now) {
		return r.mu.RUnlock
	}
	r.mu.RUnlock()
	// Whoever finds the keys out of date changes them, and goes on with the
	// lock it has: another's clock may differ.
	r.mu.Lock()
	if !r.closed && !r.valid.contains(now) {
		r.follow(now)
	}
	return r.mu.Unlock
}
