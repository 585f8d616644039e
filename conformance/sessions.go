package conformance

import (
	"github.com/reprise-tls/reprise/conformance/libssl"
	"github.com/reprise-tls/reprise/openssl"
)

// New makes a session on both sides.
func (p *pair) New(id, scope int, created, timeout int64) *object {
	age := p.now - created
	p.record(func(p *pair) { p.New(id, scope, p.now-age, timeout) })
	if !p.begin("new", " s%d: id %d, scope %q, time now%+d, timeout %d", p.next, id, scopes[scope], created-p.now, timeout) {
		return nil
	}
	ours := openssl.SESSIONNewInContext(ids[id], []byte("state"), []byte(scopes[scope]))
	theirs := libssl.NewSession(p.next, ids[id], []byte(scopes[scope]))
	if ours == nil || theirs == nil {
		p.fail("a session was refused: ours %v, libssl's %v", ours == nil, theirs == nil)
		return nil
	}
	// Ours was made by the real clock.
	p.setTime(&object{ours: ours, theirs: theirs}, created)
	o := p.track(id, ours, theirs)
	p.setTimeout(o, timeout)
	p.end()
	return o
}

// Dup copies a session.
func (p *pair) Dup(o *object) {
	p.recordWith(o, (*pair).Dup)
	if !p.begin("dup", " %v, the copy is s%d", o, p.next) {
		return
	}
	theirs := o.theirs.Dup(p.next)
	if theirs == nil {
		p.fail("SSL_SESSION_dup returned NULL")
		return
	}
	p.track(o.id, openssl.SESSIONDup(o.ours), theirs)
	p.end()
}

// UpRef adds a reference.
func (p *pair) UpRef(o *object) {
	p.recordWith(o, (*pair).UpRef)
	if p.begin("up_ref", " %v", o) {
		p.upRef(o)
		p.end()
	}
}

func (p *pair) upRef(o *object) {
	same(p, "SSL_SESSION_up_ref", openssl.SESSIONUpRef(o.ours), o.theirs.UpRef())
	o.references++
}

// Free drops a reference, if the harness has one.
func (p *pair) Free(o *object) {
	p.recordWith(o, (*pair).Free)
	if o.references > 0 && p.begin("free", " %v", o) {
		p.free(o)
		p.end()
	}
}

func (p *pair) free(o *object) {
	o.references--
	openssl.SESSIONFree(o.ours)
	o.theirs.Free()
}

// SetTime sets the time from which the timeout counts.
func (p *pair) SetTime(o *object, t int64) {
	age := p.now - t
	p.recordWith(o, func(p *pair, o *object) { p.SetTime(o, p.now-age) })
	if p.begin("set_time", " %v now%+d", o, t-p.now) {
		p.setTime(o, t)
		p.end()
	}
}

func (p *pair) setTime(o *object, t int64) {
	same(p, "SSL_SESSION_set_time", p.subject.SetTime(o.ours, t), o.theirs.SetTime(t))
}

// SetTimeout sets a timeout, which may be 0 or negative.
func (p *pair) SetTimeout(o *object, seconds int64) {
	p.recordWith(o, func(p *pair, o *object) { p.SetTimeout(o, seconds) })
	if !p.begin("set_timeout", " %v %d", o, seconds) {
		return
	}
	p.setTimeout(o, seconds)
	if seconds == 0 {
		// Ours has the context's timeout now, theirs none. Both read back 0.
		p.tally.met(zeroTimeout)
		same(p, "SSL_SESSION_get_timeout", openssl.SESSIONGetTimeout(o.ours), o.theirs.Timeout())
		p.setTimeout(o, openssl.CTXGetTimeout(p.ctx))
	}
	p.end()
}

func (p *pair) setTimeout(o *object, seconds int64) {
	same(p, "SSL_SESSION_set_timeout", openssl.SESSIONSetTimeout(o.ours, seconds), o.theirs.SetTimeout(seconds))
}

// Add adds a session.
func (p *pair) Add(o *object) {
	p.recordWith(o, (*pair).Add)
	before := p.present[o.id]
	switch {
	case before == o && p.begin("add the same", " %v", o):
	case before == nil && p.begin("add", " %v", o):
	case before != nil && before != o && p.begin("add another with the id", " %v, there is %v", o, before):
	default:
		return
	}
	evicted := p.last.CacheFull
	same(p, "SSL_CTX_add_session", p.subject.Add(p.ctx, o.ours), p.theirs.Add(o.theirs))
	if before == o {
		p.readded(o)
	}
	p.end()
	if p.last.CacheFull != evicted {
		p.tally.ran("evict")
	}
}

// readded follows an add of a session that was there.
func (p *pair) readded(o *object) {
	if p.library.repositions {
		p.tally.met(reposition)
		openssl.SESSIONSetTime(o.ours, openssl.SESSIONGetTime(o.ours)) // makes it the youngest of its expiry
	}
}

// copyRemoval is how the harness goes on after a copy was removed, where
// libssl removes the session that is there, and ours nothing.
type copyRemoval int

const (
	removeByID copyRemoval = iota // ours removes it too, by id
	putBack                       // libssl gets it back
)

// Remove removes a session.
func (p *pair) Remove(o *object, how copyRemoval) {
	p.recordWith(o, func(p *pair, o *object) { p.Remove(o, how) })
	before := p.present[o.id]
	switch {
	case before == o && p.begin("remove", " %v", o):
		same(p, "SSL_CTX_remove_session", p.subject.Remove(p.ctx, o.ours), p.theirs.Remove(o.theirs))
	case before == nil && p.begin("remove what is absent", " %v", o):
		same(p, "SSL_CTX_remove_session", p.subject.Remove(p.ctx, o.ours), p.theirs.Remove(o.theirs))
		p.theirsMarked(o)
	case before != nil && before != o && p.begin("remove a copy", " %v, there is %v; by id: %v", o, before, how == removeByID):
		p.removeCopy(o, before, how)
	default:
		return
	}
	p.end()
}

// theirsMarked follows a removal of what is absent: libssl has called the
// callback and marked the session all the same.
func (p *pair) theirsMarked(o *object) {
	p.tally.met(removeAbsent)
	p.onlyTheirs(libssl.Event{Kind: libssl.EventRemove, Number: o.number})
	p.markOurs(o)
}

// markOurs marks a session of ours not resumable as only a removal does; the
// cache is another one.
func (p *pair) markOurs(o *object) {
	if openssl.SESSIONIsResumable(o.ours) == 0 {
		return
	}
	if openssl.CTXAddSession(p.scratch, o.ours) != 1 || openssl.CTXRemoveSession(p.scratch, o.ours) != 1 {
		p.fail("%v can not be added to and removed from another cache", o)
	}
}

func (p *pair) removeCopy(o, there *object, how copyRemoval) {
	p.tally.met(identity)
	if n := p.subject.Remove(p.ctx, o.ours); n != 0 {
		p.fail("SSL_CTX_remove_session of a copy returned %d", n)
	}
	if how == putBack {
		there.theirs.UpRef() // that of the cache goes
	}
	if n := p.theirs.Remove(o.theirs); n != 1 {
		p.fail("libssl's SSL_CTX_remove_session of a copy returned %d", n)
	}
	p.onlyTheirs(libssl.Event{Kind: libssl.EventRemove, Number: o.number})
	p.markOurs(o)
	if how == putBack {
		p.putBack(there)
		return
	}
	if !p.ctx.Cache().RemoveID(ids[there.id]) {
		p.fail("RemoveID found nothing")
	}
	p.onlyOurs(libssl.Event{Kind: libssl.EventRemove, Number: there.number})
	if there.references > 0 {
		// Libssl has marked the copy only. What is absent by now is marked
		// by removing it.
		p.theirs.Remove(there.theirs)
		p.onlyTheirs(libssl.Event{Kind: libssl.EventRemove, Number: there.number})
	}
}

// putBack adds to libssl's cache what a copy has removed from it. There it
// becomes the youngest of its expiry.
func (p *pair) putBack(there *object) {
	if n := p.theirs.Add(there.theirs); n != 1 {
		p.fail("libssl's SSL_CTX_add_session returned %d for what a copy had removed", n)
	}
	there.theirs.Free()
	there.theirs.SetTime(openssl.SESSIONGetTime(there.ours)) // UPDATE_TIME has changed it
	openssl.SESSIONSetTime(there.ours, openssl.SESSIONGetTime(there.ours))
}
