package conformance

import (
	"fmt"
	"slices"

	"github.com/reprise-tls/reprise/conformance/libssl"
	"github.com/reprise-tls/reprise/openssl"
)

// SetSize sets the size of the cache, which may be negative.
func (p *pair) SetSize(n int) {
	p.record(func(p *pair) { p.SetSize(n) })
	if !p.begin("set_cache_size", " %d", n) {
		return
	}
	before := p.size
	ours := p.subject.SetSize(p.ctx, n)
	if n < 0 {
		same(p, "SSL_CTX_sess_set_cache_size", ours, p.theirs.SetSize(n))
		p.end()
		return
	}
	p.size = n
	number := p.last.Number
	theirs := p.theirs.SetSize(theirSize(n))
	if ours != before || theirs != theirSize(before) {
		p.fail("SSL_CTX_sess_set_cache_size returned %d, libssl's %d; the size was %d", ours, theirs, before)
	}
	if n > 0 && number > n {
		p.shrink(n, number)
	}
	p.end()
}

// shrink makes libssl evict what is too much by now. It would wait for the
// next add, so it gets one, of a session that goes again.
func (p *pair) shrink(n, number int) {
	p.tally.met(lateShrink)
	if c, _ := p.theirs.State(nil); c.Number != number {
		p.fail("libssl has evicted %d sessions at once", number-c.Number)
	}
	extra := libssl.NewSession(extraNumber, []byte("to make libssl evict"), nil)
	if extra == nil {
		p.fail("a session was refused by libssl")
		return
	}
	p.theirs.SetSize(theirSize(n + 1))
	p.theirs.Add(extra)
	p.theirs.Remove(extra)
	p.onlyTheirs(libssl.Event{Kind: libssl.EventRemove, Number: extraNumber})
	p.theirs.SetSize(theirSize(n))
	extra.Free()
	extra.Forget()
}

// extraNumber is the number of a session that is not an object.
const extraNumber = -2

// SetContextTimeout sets the timeout of sessions that handshakes make, which
// may be 0 or negative.
func (p *pair) SetContextTimeout(seconds int64) {
	p.record(func(p *pair) { p.SetContextTimeout(seconds) })
	if !p.begin("set_timeout of the context", " %d", seconds) {
		return
	}
	before := p.theirs.Timeout()
	ours, theirs := openssl.CTXSetTimeout(p.ctx, seconds), p.theirs.SetTimeout(seconds)
	switch {
	case seconds < 0: // ours refuses
		p.tally.met(negativeTimeout)
		if ours != 0 || theirs != before {
			p.fail("SSL_CTX_set_timeout(%d) returned %d, want 0, libssl's %d, want %d", seconds, ours, theirs, before)
		}
		p.theirs.SetTimeout(before)
	case seconds == 0: // ours reads back as the default, which is what both mean
		p.tally.met(zeroContextTimeout)
		same(p, "SSL_CTX_set_timeout", ours, theirs)
		p.theirs.SetTimeout(openssl.CTXGetTimeout(p.ctx))
	default:
		same(p, "SSL_CTX_set_timeout", ours, theirs)
	}
	p.end()
}

// SetMode sets the mode. Without NO_AUTO_CLEAR each side would remove what is
// expired at another time.
func (p *pair) SetMode(mode int) {
	p.record(func(p *pair) { p.SetMode(mode) })
	if mode&openssl.SESS_CACHE_NO_AUTO_CLEAR == 0 {
		mode |= openssl.SESS_CACHE_NO_AUTO_CLEAR
		p.tally.met(autoClear)
	}
	if !p.begin("set_session_cache_mode", " %#x", mode) {
		return
	}
	p.mode = mode
	same(p, "SSL_CTX_set_session_cache_mode", openssl.CTXSetSessionCacheMode(p.ctx, mode), p.theirs.SetMode(mode))
	p.end()
}

// SetScope sets the session id context of later handshakes.
func (p *pair) SetScope(scope int) {
	p.record(func(p *pair) { p.SetScope(scope) })
	if !p.begin("set_session_id_context", " %q", scopes[scope]) {
		return
	}
	b := []byte(scopes[scope])
	same(p, "SSL_CTX_set_session_id_context", openssl.CTXSetSessionIDContext(p.ctx, b), p.theirs.SetIDContext(b))
	p.scope = scope
	p.end()
}

// SetCallbacks sets or takes away the callbacks; keep is what the new callback
// returns.
func (p *pair) SetCallbacks(onNew, onRemove, onGet, keep bool) {
	p.record(func(p *pair) { p.SetCallbacks(onNew, onRemove, onGet, keep) })
	if !p.begin("sess_set_cb", " new %v (keeps %v), remove %v, get %v", onNew, keep, onRemove, onGet) {
		return
	}
	p.keepNew = keep
	p.theirs.SetKeepNew(keep)
	p.setCallbacks(onNew, onRemove, onGet)
	p.end()
}

// Advance moves the clock, forwards or backwards.
func (p *pair) Advance(seconds int64) {
	p.record(func(p *pair) { p.Advance(seconds) })
	if !p.begin("time passes", " %+d", seconds) {
		return
	}
	p.now += seconds
	libssl.SetTime(p.now)
	p.end()
}

func (p *pair) recordFlush(t int64) {
	if t == 0 {
		p.record(func(p *pair) { p.Flush(0) })
		return
	}
	age := p.now - t
	p.record(func(p *pair) { p.Flush(p.now - age) })
}

// Flush removes what is expired at t.
func (p *pair) Flush(t int64) {
	name, when := "flush all", ""
	if t != 0 {
		name, when = "flush", fmt.Sprintf(", now%+d", t-p.now)
	}
	p.recordFlush(t)
	if !p.begin(name, "%s", when) {
		return
	}
	p.subject.Flush(p.ctx, t)
	p.theirs.Flush(t)
	p.endFlush()
}

// Finish frees everything, the contexts first or last, and each reference in a
// step of its own.
func (p *pair) Finish(contextFirst bool) {
	p.audit()
	if contextFirst {
		p.freeContexts()
	}
	for p.problem == "" { // not recorded: what is left differs
		i := slices.IndexFunc(p.objects, func(o *object) bool { return o.references > 0 })
		if i < 0 || !p.begin("free", " %v", p.objects[i]) {
			break
		}
		p.free(p.objects[i])
		if contextFirst {
			p.endFree()
		} else {
			p.end()
		}
	}
	if !contextFirst {
		p.freeContexts()
	}
	if p.problem == "" && len(p.objects) > 0 {
		p.fail("%v is left", p.objects[0])
	}
}

func (p *pair) freeContexts() {
	if !p.begin("SSL_CTX_free", "") {
		return
	}
	p.subject.FreeCTX(p.ctx)
	p.theirs.FreeCTX()
	p.endFree()
	for _, o := range p.objects {
		if n := p.subject.Add(p.ctx, o.ours); n != 0 {
			p.fail("SSL_CTX_add_session returned %d after SSL_CTX_free", n)
		}
	}
	same(p, "SSL_CTX_sess_number after SSL_CTX_free", openssl.CTXSessNumber(p.ctx), 0)
}
