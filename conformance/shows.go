package conformance

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/reprise-tls/reprise/conformance/libssl"
	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/openssl"
)

func showCapacity(d *demonstration) (ours, theirs string) {
	d.setSize(3, 3)
	d.several(5)
	a, b := d.counters()
	return fmt.Sprintf("%d of 5 are kept at size 3", a.Number), fmt.Sprintf("%d of 5 are kept at size 3", b.Number)
}

func showLateShrink(d *demonstration) (ours, theirs string) {
	d.several(5)
	d.setSize(2, 2)
	return d.numbers("%d %s after size 2 was set")
}

func showIdentity(d *demonstration) (ours, theirs string) {
	d.add(d.session("id", "", 100))
	c := d.session("id", "", 100)
	a, b := openssl.CTXRemoveSession(d.ctx, c.ours), d.theirs.Remove(c.theirs)
	ours, theirs = d.numbers("%d %s left")
	return fmt.Sprintf("returns %d, %s", a, ours), fmt.Sprintf("returns %d, %s", b, theirs)
}

func showRemoveAbsent(d *demonstration) (ours, theirs string) {
	s := d.session("id", "", 100)
	openssl.CTXRemoveSession(d.ctx, s.ours)
	d.theirs.Remove(s.theirs)
	a, b := d.removedBy()
	return fmt.Sprintf("%d calls of the remove callback, resumable %d", len(a), openssl.SESSIONIsResumable(s.ours)),
		fmt.Sprintf("%d call of the remove callback, resumable %d", len(b), s.theirs.IsResumable())
}

// evictions says which of the first two sessions was evicted.
func evictions(d *demonstration, text [2]string) (ours, theirs string) {
	say := func(numbers []int) string {
		if len(numbers) != 1 || numbers[0] < 0 || numbers[0] > 1 {
			return fmt.Sprint(numbers)
		}
		return text[numbers[0]]
	}
	a, b := d.removedBy()
	return say(a), say(b)
}

func showReposition(d *demonstration) (ours, theirs string) {
	first, second := d.session("1", "", 100), d.session("2", "", 100)
	d.add(first, second, first)
	d.setSize(2, theirSize(2))
	d.add(d.session("3", "", 100))
	return evictions(d, [2]string{"the first of two is evicted, though it was added again", "the second of two is evicted"})
}

func showAutoClear(d *demonstration) (ours, theirs string) {
	old, other := d.session("old", "", 1), d.session("other", "", 1000)
	d.add(old)
	d.now += 10
	libssl.SetTime(d.now)
	for range 100 {
		d.add(other)
		openssl.CTXRemoveSession(d.ctx, other.ours)
		d.theirs.Remove(other.theirs)
	}
	a, b := d.counters()
	return fmt.Sprintf("%d expired sessions after 100 adds", a.Number), fmt.Sprintf("%d expired session after 100 adds", b.Number)
}

func showZeroTimeout(d *demonstration) (ours, theirs string) {
	d.add(d.session("id", "", 0))
	openssl.CTXFlushSessions(d.ctx, d.now+1)
	d.theirs.Flush(d.now + 1)
	return d.there("id", "there one second later", "gone one second later")
}

func showNegativeTimeout(d *demonstration) (ours, theirs string) {
	openssl.CTXSetTimeout(d.ctx, -5)
	d.theirs.SetTimeout(-5)
	say := func(timeout int64) string {
		if timeout == -5 {
			return "accepted"
		}
		return "refused"
	}
	return say(openssl.CTXGetTimeout(d.ctx)), say(d.theirs.Timeout())
}

func showZeroContextTimeout(d *demonstration) (ours, theirs string) {
	openssl.CTXSetTimeout(d.ctx, 0)
	d.theirs.SetTimeout(0)
	return fmt.Sprint("reads back as ", openssl.CTXGetTimeout(d.ctx)), fmt.Sprint("reads back as ", d.theirs.Timeout())
}

func showModeOffID(d *demonstration) (ours, theirs string) {
	openssl.CTXSetSessionCacheMode(d.ctx, openssl.SESS_CACHE_OFF)
	d.theirs.SetMode(openssl.SESS_CACHE_OFF)
	h := d.accept("", "id", nil)
	a, b := d.ctx.NewSession([]byte("id"), nil), h.Fresh(0)
	d.ctx.Cache().HandshakeFinished(context.Background(), engine.RoleServer, a, false)
	d.sessions = append(d.sessions, both{ours: a, theirs: b})
	return fmt.Sprint("resumable ", openssl.SESSIONIsResumable(a)), fmt.Sprint("resumable ", b.IsResumable())
}

func showIDConflict(d *demonstration) (ours, theirs string) {
	d.add(d.session("id", "", 100))
	h := d.accept("", "id", nil)
	a := d.ctx.NewSession([]byte("id"), nil)
	defer openssl.SESSIONFree(a)
	d.ctx.Cache().HandshakeFinished(context.Background(), engine.RoleServer, a, false)
	ours, theirs = "does not take the place of the other", "finishes the handshake"
	if openssl.CTXRemoveSession(d.ctx, a) == 1 {
		ours = "takes the place of the other"
	}
	if !h.Finished {
		theirs = "fails the handshake"
	}
	return ours, theirs
}

func showClientMiss(d *demonstration) (ours, theirs string) {
	s := d.session("id", "", 100)
	d.ctx.Cache().HandshakeStarted(engine.RoleClient)
	d.ctx.Cache().HandshakeFinished(context.Background(), engine.RoleClient, nil, false)
	h, err := d.theirs.Connect(s.theirs, false, []byte("next"))
	if err != nil {
		d.err = err
		return "", ""
	}
	h.Drop()
	a, b := d.counters()
	return fmt.Sprint("sess_misses ", a.Misses), fmt.Sprint("sess_misses ", b.Misses)
}

func showExternalKept(d *demonstration) (ours, theirs string) {
	s := d.session("id", "another scope", 100)
	d.theirs.SetMode(openssl.SESS_CACHE_CLIENT) // so that the handshake's own session is not kept
	h := d.accept("id", "next", &s)
	h.Drop()
	return d.numbers("%d %s in the cache")
}

func showExternalID(d *demonstration) (ours, theirs string) {
	s := d.session("another", "", 100)
	d.accept("id", "next", &s)
	a, b := d.counters()
	return fmt.Sprint("sess_hits ", a.Hits), fmt.Sprint("sess_hits ", b.Hits)
}

func showFlushOrder(d *demonstration) (ours, theirs string) {
	d.several(50)
	openssl.CTXFlushSessions(d.ctx, 0)
	d.theirs.Flush(0)
	say := func(numbers []int) string {
		if len(numbers) == 50 && slices.IsSorted(numbers) {
			return "callbacks in order of expiry"
		}
		return "callbacks in another order"
	}
	a, b := d.removedBy()
	return say(a), say(b)
}

func showVersionInKey(d *demonstration) (ours, theirs string) {
	const tls11 = 0x0302
	first, second := d.session("id", "", 100), d.session("id", "", 100)
	second.theirs.SetProtocolVersion(tls11)
	d.add(first, second)
	return d.numbers("%d %s of one id and two versions")
}

func showEmptyID(d *demonstration) (ours, theirs string) {
	ours, theirs = "accepted", "refused"
	if openssl.SESSIONNew(nil, nil) == nil {
		ours = "refused"
	}
	s := libssl.NewSession(0, nil, nil)
	defer s.Free()
	if d.theirs.Add(s) == 1 && d.theirs.Remove(s) == 0 {
		theirs = "added, and cannot be removed"
	}
	return ours, theirs
}

func showIDChange(d *demonstration) (ours, theirs string) {
	s := d.session("old", "", 100)
	d.theirs.Add(s.theirs)
	s.theirs.SetID([]byte("new"))
	found := d.theirs.HasMatchingSessionID([]byte("old")) + d.theirs.HasMatchingSessionID([]byte("new"))
	_, b := d.counters()
	theirs = fmt.Sprintf("found under %d ids", found)
	if found == 0 {
		theirs = fmt.Sprintf("found under neither id, %d session in the cache", b.Number)
	}
	s.theirs.SetID([]byte("old")) // or it could not be freed
	return "there is no function for it", theirs
}

func showHugeSize(d *demonstration) (ours, theirs string) {
	d.setSize(math.MaxInt32+1, math.MaxInt32+1)
	return fmt.Sprint("reads back as ", openssl.CTXSessGetCacheSize(d.ctx)), fmt.Sprint("reads back as ", d.theirs.Size())
}

func showNeverOrder(d *demonstration) (ours, theirs string) {
	first, second := d.session("1", "", math.MaxInt64), d.session("2", "", math.MaxInt64)
	d.setTime(second, d.now-1000)
	d.add(first, second)
	d.setSize(2, theirSize(2))
	d.add(d.session("3", "", 100))
	return evictions(d, [2]string{"the first added is evicted", "the first created is evicted"})
}

func showHugeTimeout(d *demonstration) (ours, theirs string) {
	d.add(d.session("id", "", 1<<55))
	openssl.CTXFlushSessions(d.ctx, d.now+1)
	d.theirs.Flush(d.now + 1)
	return d.there("id", "there one second later", "gone one second later")
}

func showBefore1970(d *demonstration) (ours, theirs string) {
	s := d.session("id", "", 10)
	d.setTime(s, -1000)
	d.add(s)
	openssl.CTXFlushSessions(d.ctx, 1)
	d.theirs.Flush(1)
	return d.there("id", "never expires", "expired in 1970")
}

func showNegativeFlush(d *demonstration) (ours, theirs string) {
	d.several(1)
	openssl.CTXFlushSessions(d.ctx, -1)
	d.theirs.Flush(-1)
	return d.numbers("%d %s left")
}
