package shards

// Add implements [Table].
//
// It locks the bucket of s, except where it finds s itself or the table
// closed. Added and Replaced linearize at the store of the entry, which is
// made under the bucket's lock after another look at what is there and at
// whether the table is closed; Identical at the map's load, or under the lock;
// Closed at a load of the mark that Close sets; AddedAndEvicted at the load
// that found the id absent; Unreferenced at the load of the count.
func (t *XSync) Add(s *Session, expiry, now int64, refresh bool) Outcome {
	return t.add(&xsyncPut{xsyncEntry: xsyncEntry{s, expiry}, refresh: refresh}, now)
}

// AddSince implements [Table]. It linearizes as Add does; Outdated at the load
// of the removals, which is made under the bucket's lock. Removals that are
// counted take that lock even if they see nothing to remove, so that they come
// either before that load or after the store.
func (t *XSync) AddSince(s *Session, expiry, now int64, refresh bool, removals uint64) Outcome {
	return t.add(&xsyncPut{xsyncEntry: xsyncEntry{s, expiry}, refresh: refresh, since: &removals}, now)
}

func (t *XSync) add(p *xsyncPut, now int64) Outcome {
	s := p.session
	if t.closed.Load() {
		return Closed
	}
	k := t.key(s)
	sh := t.shard(k.hash)
	old, present := sh.m.Load(k)
	if present && old.session == s && (!p.refresh || old.expiry == p.expiry) {
		return Identical
	}
	if !s.Acquire() {
		return Unreferenced
	}
	var buf [1]xsyncDrop
	out, drops := t.link(k, p, present, now, buf[:0])
	if out == Identical || out == Closed || out == Outdated {
		s.Release()
	}
	if len(drops) > 0 {
		t.deliver(drops)
	}
	return out
}

// link does what Add promises with a session that is referenced already, but
// for telling the sink: it returns what the sink is to get, appended to drops.
func (t *XSync) link(k xsyncKey, p *xsyncPut, present bool, now int64, drops []xsyncDrop) (Outcome, []xsyncDrop) {
	sh := t.shard(k.hash)
	for {
		if p.outdated(sh) { // before anything is evicted
			return Outdated, drops
		}
		if !present {
			p.placed, drops = t.place(k.hash>>t.shift, now, drops)
			switch {
			case p.placed:
			case t.closed.Load():
				return Closed, drops
			default:
				p.session.markNotResumable()
				return AddedAndEvicted, append(drops, xsyncDrop{p.xsyncEntry, ReasonEvicted})
			}
		}
		switch t.put(sh, k, p); {
		case !p.absent && p.outcome == Replaced:
			return Replaced, append(drops, xsyncDrop{p.old, ReasonReplaced})
		case !p.absent:
			return p.outcome, drops
		}
		t.places.countRetry()
		_, present = sh.m.Load(k)
	}
}

// xsyncPut is an entry that is to be stored, and what was found instead.
type xsyncPut struct {
	xsyncEntry
	refresh bool    // store it also where its session is there already
	since   *uint64 // store it only if the shard has counted no more removals; nil: always
	placed  bool    // there is a place for it, should the id be absent

	outcome Outcome
	absent  bool       // there is no outcome: the id was absent, and there was no place
	old     xsyncEntry // what was replaced
}

// put stores the entry where that is to be done. A place that it did not need
// is free again.
func (t *XSync) put(sh *xsyncShard, k xsyncKey, p *xsyncPut) {
	if p.placed {
		t.places.linked.raise(&t.places)
	}
	stamp := t.places.nextStamp()
	sh.m.Compute(k, func(old xsyncEntry, loaded bool) (xsyncEntry, bool) {
		if !p.stores(old, loaded, t.closed.Load(), sh) {
			return old, !loaded
		}
		p.session.stamp.Store(stamp)
		return p.xsyncEntry, false
	})
	if p.placed && p.outcome != Added { // it was there after all, or the table is closed
		t.places.linked.lower()
		t.places.giveBack()
	}
}

// outdated reports whether there were removals that keep the entry out.
func (p *xsyncPut) outdated(sh *xsyncShard) bool {
	return p.since != nil && *p.since != sh.removals.Load()
}

// stores decides, under the bucket's lock, whether to store the entry.
func (p *xsyncPut) stores(old xsyncEntry, loaded, shut bool, sh *xsyncShard) bool {
	outdated := p.outdated(sh)
	p.absent = !loaded && !p.placed && !shut && !outdated
	switch {
	case shut:
		p.outcome = Closed
		return false
	case outdated:
		p.outcome = Outdated
		return false
	case loaded && old.session == p.session:
		p.outcome = Identical
		return p.refresh
	case loaded:
		p.outcome, p.old = Replaced, old
		return true
	}
	p.outcome = Added
	return p.placed
}

// Reschedule implements [Table]. It locks the bucket of s if s is there. True
// linearizes at the store of the new entry; false at the load that found
// another session or none, or under the lock.
func (t *XSync) Reschedule(s *Session, expiry int64) (done bool) {
	k := t.key(s)
	sh := t.shard(k.hash)
	if e, ok := sh.m.Load(k); !ok || e.session != s {
		return false
	}
	stamp := t.places.nextStamp()
	sh.m.Compute(k, func(old xsyncEntry, loaded bool) (xsyncEntry, bool) {
		if done = loaded && old.session == s; !done {
			return old, !loaded
		}
		s.stamp.Store(stamp)
		return xsyncEntry{s, expiry}, false
	})
	return done
}
