package conformance

import (
	"context"
	"fmt"

	"github.com/reprise-tls/reprise/conformance/libssl"
	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/openssl"
)

// noID says that a client offers no session.
const noID = -1

// absent returns the ids that have no session in the cache, apart from one.
func (p *pair) absent(but int) (list []int) {
	for i, o := range p.present {
		if o == nil && i != but {
			list = append(list, i)
		}
	}
	return list
}

// Accept makes a handshake as a server. The client offers the id; the get
// callback, should it be asked, returns reply (or none, which is nil), whose id
// it must be, and says whether the library is to take a reference of its own.
// A new session gets the id next. If that is present nothing is done, for a
// server of OpenSSL's fails then.
func (p *pair) Accept(id int, reply *object, copied bool, next int) {
	p.recordWith(reply, func(p *pair, o *object) { p.Accept(id, o, copied, next) })
	if p.present[next] != nil {
		return
	}
	name, what, offer := "accept", "", []byte(nil)
	if id != noID {
		name, what, offer = "accept a resumption", fmt.Sprintf(" of id %d", id), ids[id]
	}
	if !p.begin(name, "%s, the get callback returns %v (copy %v), a new session has id %d", what, reply, copied, next) {
		return
	}
	p.tally.met(idConflict)
	p.tally.met(badSession)
	ext := p.external(id, reply)
	p.reply, p.copied = ext.reply, copied
	p.theirs.SetReply(nil, copied)
	if p.reply != nil {
		p.theirs.SetReply(p.reply.theirs, copied)
	}
	if ext.kept {
		p.setStore(false)
		defer p.setStore(true)
	}
	p.accept(offer, next, ext)
	p.reply = nil
	p.theirs.SetReply(nil, true)
}

// external is what will become of the answer of the get callback.
type external struct {
	reply   *object
	kept    bool // libssl would keep it, though it is of no use; so the store is off
	expired bool // libssl will remove it, though it is not there
	readded bool // it is in the cache already
}

// external predicts that. Libssl puts the answer into its cache before it
// looks at its scope and time; ours looks first.
func (p *pair) external(id int, reply *object) external {
	searched := p.mode&openssl.SESS_CACHE_NO_INTERNAL_LOOKUP == 0
	if id == noID || reply == nil || !p.onGet || searched && p.present[id] != nil ||
		openssl.SESSIONIsResumable(reply.ours) == 0 && p.library.ignoresNotResumable {
		return external{reply: reply}
	}
	if openssl.SESSIONIsResumable(reply.ours) == 0 {
		return external{} // before 3.0.14: libssl would resume it
	}
	e := external{reply: reply}
	e.readded = p.present[id] == reply
	other := string(openssl.SESSIONGet0IDContext(reply.ours)) != scopes[p.scope]
	e.expired = !other && p.now > openssl.SESSIONGetTime(reply.ours)+openssl.SESSIONGetTimeout(reply.ours)
	if e.expired && p.present[id] != nil {
		return external{} // libssl would remove what is there
	}
	if other || e.expired {
		p.tally.met(externalKept)
		e.kept = p.mode&openssl.SESS_CACHE_NO_INTERNAL_STORE == 0
		e.readded = false
	}
	e.readded = e.readded && p.mode&openssl.SESS_CACHE_NO_INTERNAL_STORE == 0
	return e
}

// setStore turns NO_INTERNAL_STORE on both sides off or on.
func (p *pair) setStore(on bool) {
	mode := p.mode
	if !on {
		mode |= openssl.SESS_CACHE_NO_INTERNAL_STORE
	}
	openssl.CTXSetSessionCacheMode(p.ctx, mode)
	p.theirs.SetMode(mode)
}

func (p *pair) accept(offer []byte, next int, ext external) {
	goctx := context.Background()
	p.ctx.Cache().HandshakeStarted(engine.RoleServer)
	var found *openssl.SESSION
	if offer != nil {
		found = p.subject.Resume(goctx, p.ctx, offer)
	}
	h, err := p.theirs.Accept(offer, ids[next])
	if err != nil || !h.Finished {
		p.fail("libssl's handshake failed: %v", err)
		return
	}
	if ext.expired {
		p.theirsMarked(ext.reply)
	}
	same(p, "SSL_session_reused", found != nil, h.Reused)
	if p.problem != "" {
		return
	}
	if found == nil {
		p.finishFull(engine.RoleServer, next, h)
		return
	}
	same(p, "the session that is resumed, number,", numberOf(found), h.Number)
	if ext.readded {
		p.readded(ext.reply)
	}
	p.ctx.Cache().HandshakeFinished(goctx, engine.RoleServer, found, true)
	openssl.SESSIONFree(found)
	p.tally.ran("resume")
	p.end()
}

// finishFull finishes a handshake that makes a new session.
func (p *pair) finishFull(role engine.Role, id int, h *libssl.Handshake) {
	fresh := p.ctx.NewSession(ids[id], []byte("state"))
	if fresh == nil {
		p.fail("a session was refused")
		return
	}
	p.ctx.Cache().HandshakeFinished(context.Background(), role, fresh, false)
	told := p.onNew && p.mode&int(role) != 0
	if role == engine.RoleServer && p.mode&openssl.SESS_CACHE_SERVER == 0 {
		p.tally.met(modeOffID)
		h.Drop()
		openssl.SESSIONFree(fresh)
		p.end()
		return
	}
	theirs := h.Fresh(p.next)
	if theirs == nil {
		p.fail("libssl's handshake made no session")
		return
	}
	o := p.track(id, fresh, theirs)
	if told && p.keepNew {
		o.references++
	}
	p.end()
}

// Connect makes a handshake as a client, which offers a session, if it is
// resumable, or nil. The server accepts it or not. A new session gets the id
// next.
func (p *pair) Connect(offered *object, accepted bool, next int) {
	if offered != nil && (openssl.SESSIONIsResumable(offered.ours) == 0 ||
		string(openssl.SESSIONGet0IDContext(offered.ours)) != scopes[p.scope]) {
		offered = nil // a client must not: with the wrong scope it fails
	}
	p.recordWith(offered, func(p *pair, o *object) { p.Connect(o, accepted, next) })
	name := "connect"
	if offered != nil {
		name = "connect to resume"
	}
	if !p.begin(name, " %v, accepted %v, a new session has id %d", offered, accepted, next) {
		return
	}
	p.ctx.Cache().HandshakeStarted(engine.RoleClient)
	var theirs *libssl.Session
	if offered != nil {
		theirs = offered.theirs
	}
	h, err := p.theirs.Connect(theirs, accepted, ids[next])
	if err != nil || !h.Finished {
		p.fail("libssl's handshake failed: %v", err)
		return
	}
	resumed := offered != nil && accepted
	if h.Reused != resumed {
		p.fail("libssl's client resumes: %v, want %v", h.Reused, resumed)
		return
	}
	if offered != nil && !accepted {
		p.tally.met(clientMiss)
		p.clientMisses++
	}
	if !resumed {
		p.finishFull(engine.RoleClient, next, h)
		return
	}
	p.ctx.Cache().HandshakeFinished(context.Background(), engine.RoleClient, offered.ours, true)
	p.end()
}
