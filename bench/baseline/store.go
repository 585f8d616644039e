package baseline

import "github.com/reprise-tls/reprise/shards"

// key is the id of a session. Ids are nearly always 32 bytes long.
type key struct {
	bytes  [shards.MaxIDLength]byte
	length int
}

func keyOf(s *shards.Session) (k key) {
	k.length = len(s.AppendID(k.bytes[:0]))
	return k
}

func keyFrom(id []byte) (k key) {
	k.length = copy(k.bytes[:], id)
	return k
}

// index maps ids to the numbers of slots. It has no pointers, so that the
// garbage collector does not walk it.
type index struct {
	long  map[[shards.MaxIDLength]byte]int32
	short map[string]int32 // ids that 32 bytes could not tell from others
}

func newIndex(sessions int) index {
	return index{
		long:  make(map[[shards.MaxIDLength]byte]int32, sessions),
		short: make(map[string]int32),
	}
}

func (x *index) find(k *key) (int32, bool) {
	if k.length == shards.MaxIDLength {
		i, ok := x.long[k.bytes]
		return i, ok
	}
	i, ok := x.short[string(k.bytes[:k.length])]
	return i, ok
}

func (x *index) set(k *key, i int32) {
	if k.length == shards.MaxIDLength {
		x.long[k.bytes] = i
		return
	}
	x.short[string(k.bytes[:k.length])] = i
}

func (x *index) unset(k *key) {
	if k.length == shards.MaxIDLength {
		delete(x.long, k.bytes)
		return
	}
	delete(x.short, string(k.bytes[:k.length]))
}

// slot is a place in the order of insertion, linked by numbers to its
// neighbours. Slot 0 is the list's head: its next is the oldest.
type slot struct {
	session    *shards.Session
	prev, next int32
}

// order is a list of sessions by age. A slot that was freed is used again.
type order struct {
	slots []slot
	free  int32 // a list linked by next, 0 at its end
}

func newOrder(sessions int) order { return order{slots: make([]slot, 1, sessions+1)} }

// push makes s the youngest and returns its slot.
func (o *order) push(s *shards.Session) int32 {
	i := o.free
	if i != 0 {
		o.free = o.slots[i].next
	} else {
		i = int32(len(o.slots))
		o.slots = append(o.slots, slot{})
	}
	o.link(i, s)
	return i
}

func (o *order) link(i int32, s *shards.Session) {
	youngest := o.slots[0].prev
	o.slots[i] = slot{session: s, prev: youngest}
	o.slots[youngest].next = i
	o.slots[0].prev = i
}

func (o *order) unlink(i int32) {
	s := &o.slots[i]
	o.slots[s.prev].next = s.next
	o.slots[s.next].prev = s.prev
}

// drop takes the session of a slot out and frees the slot.
func (o *order) drop(i int32) {
	o.unlink(i)
	o.slots[i] = slot{next: o.free}
	o.free = i
}

// replace puts s into slot i as the youngest and returns what was there.
func (o *order) replace(i int32, s *shards.Session) *shards.Session {
	old := o.slots[i].session
	o.unlink(i)
	o.link(i, s)
	return old
}

// store is a map of sessions in order of insertion. It is not safe for
// concurrent use, and leaves references to the caller.
type store struct {
	index index
	order order
	count int
}

// preallocated bounds what an empty cache takes up for sessions to come.
const preallocated = 1 << 20

func newStore(sessions int) store {
	n := min(sessions, preallocated)
	return store{index: newIndex(n), order: newOrder(n)}
}

func (t *store) get(k *key) *shards.Session {
	if i, ok := t.index.find(k); ok {
		return t.order.slots[i].session
	}
	return nil
}

func (t *store) insert(k *key, s *shards.Session) {
	t.index.set(k, t.order.push(s))
	t.count++
}

// remove removes s itself and reports whether it was there.
func (t *store) remove(k *key, s *shards.Session) bool {
	i, ok := t.index.find(k)
	if !ok || t.order.slots[i].session != s {
		return false
	}
	t.index.unset(k)
	t.order.drop(i)
	t.count--
	return true
}

// removeOldest removes the session inserted first, nil from an empty store.
func (t *store) removeOldest() *shards.Session {
	i := t.order.slots[0].next
	if i == 0 {
		return nil
	}
	s := t.order.slots[i].session
	k := keyOf(s)
	t.index.unset(&k)
	t.order.drop(i)
	t.count--
	return s
}

// each calls yield for the sessions from oldest to youngest until it returns
// false, and reports whether it never did.
func (t *store) each(yield func(*shards.Session) bool) bool {
	for i := t.order.slots[0].next; i != 0; i = t.order.slots[i].next {
		if !yield(t.order.slots[i].session) {
			return false
		}
	}
	return true
}
