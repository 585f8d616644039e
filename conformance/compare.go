package conformance

import (
	"cmp"
	"slices"

	"github.com/reprise-tls/reprise/conformance/libssl"
	"github.com/reprise-tls/reprise/openssl"
)

// end ends a step: it compares all that can be seen.
func (p *pair) end() {
	p.compareEvents(false)
	p.compareCounters()
	p.comparePresent()
	p.compareObjects(true)
}

// endFlush is end for a step in which many sessions leave at once.
func (p *pair) endFlush() {
	p.compareEvents(p.unordered)
	p.end()
}

// endFree is end for the step that frees the contexts.
func (p *pair) endFree() {
	p.compareEvents(p.unordered)
	p.present = [len(ids)]*object{}
	p.compareObjects(false)
}

// compareEvents compares the calls of callbacks since the last step.
func (p *pair) compareEvents(inAnyOrder bool) {
	p.theirEvents = p.theirs.TakeEvents(p.theirEvents)
	if inAnyOrder {
		byNumber := func(a, b libssl.Event) int { return cmp.Compare(a.Number, b.Number) }
		slices.SortFunc(p.ourEvents, byNumber)
		slices.SortFunc(p.theirEvents, byNumber)
	}
	if !slices.Equal(p.ourEvents, p.theirEvents) {
		p.fail("callbacks (callback, session, resumable): ours %v, libssl's %v", p.ourEvents, p.theirEvents)
	}
	p.ourEvents, p.theirEvents = p.ourEvents[:0], p.theirEvents[:0]
}

// onlyTheirs takes a call of libssl's callbacks out of the comparison; it must
// be there.
func (p *pair) onlyTheirs(want libssl.Event) {
	p.theirEvents = p.without(p.theirs.TakeEvents(p.theirEvents), "libssl", want)
}

// onlyOurs does so with a call of ours.
func (p *pair) onlyOurs(want libssl.Event) { p.ourEvents = p.without(p.ourEvents, "ours", want) }

func (p *pair) without(events []libssl.Event, side string, want libssl.Event) []libssl.Event {
	if want.Kind == libssl.EventRemove && !p.onRemove {
		return events
	}
	i := slices.Index(events, want)
	if i < 0 {
		p.fail("callbacks (callback, session, resumable) of %s: %v, one of them should be %v", side, events, want)
		return events
	}
	return slices.Delete(events, i, i+1)
}

func (p *pair) compareCounters() {
	ours := p.subject.Counters(p.ctx)
	var theirs libssl.Counters
	theirs, p.numbersPresent = p.theirs.State(p.numbersPresent[:0])
	theirs.Misses -= p.clientMisses
	if ours != theirs {
		p.fail("counters: ours %+v, libssl's %+v", ours, theirs)
	}
	if p.size > 0 && ours.Number > p.size {
		p.fail("%d sessions in a cache for %d", ours.Number, p.size)
	}
	if p.size > 1 && ours.Number == p.size && p.last.Number < p.size {
		p.tally.met(capacity)
	}
	p.last = ours
	same(p, "SSL_CTX_get_session_cache_mode", openssl.CTXGetSessionCacheMode(p.ctx), p.theirs.Mode())
	same(p, "SSL_CTX_sess_get_cache_size, converted,", theirSize(openssl.CTXSessGetCacheSize(p.ctx)), p.theirs.Size())
	same(p, "SSL_CTX_get_timeout", openssl.CTXGetTimeout(p.ctx), p.theirs.Timeout())
}

// comparePresent compares which session is there for which id. It takes what
// libssl has from the last call of State.
func (p *pair) comparePresent() {
	p.present = [len(ids)]*object{}
	for _, n := range p.numbersPresent {
		o := p.numbers[n]
		if o == nil || p.present[o.id] != nil {
			p.fail("libssl has a session, number %d, that was freed, or whose id another one has", n)
			return
		}
		p.present[o.id] = o
	}
	var ours [len(ids)]*object
	for s := range openssl.CTXSessions(p.ctx) {
		o := p.numbers[numberOf(s)]
		if o == nil || ours[o.id] != nil {
			p.fail("our cache has a session, number %d, that was freed, or whose id another one has", numberOf(s))
			return
		}
		ours[o.id] = o
	}
	for i, id := range ids {
		if ours[i] != p.present[i] {
			p.fail("in the cache for id %d: ours %v, libssl's %v", i, ours[i], p.present[i])
		}
		there := truth(p.present[i] != nil)
		if a, b := openssl.HasMatchingSessionID(p.ctx, id), p.theirs.HasMatchingSessionID(id); a != there || b != there {
			p.fail("SSL_has_matching_session_id for id %d returned %d, libssl's %d; it is there: %d", i, a, b, there)
		}
	}
}

// compareObjects compares the sessions themselves, and forgets those that both
// sides have freed.
func (p *pair) compareObjects(linked bool) {
	p.sessions = p.sessions[:0]
	for _, o := range p.objects {
		p.sessions = append(p.sessions, o.theirs)
	}
	p.states = libssl.States(p.states[:0], p.sessions)
	for i, o := range p.objects {
		p.compareObject(o, p.states[i], linked)
	}
	if p.problem != "" {
		return
	}
	p.objects = slices.DeleteFunc(p.objects, func(o *object) bool {
		if !o.theirs.Freed() {
			return false
		}
		delete(p.numbers, o.number)
		o.theirs.Forget()
		return true
	})
}

func (p *pair) compareObject(o *object, theirs libssl.SessionState, linked bool) {
	want := o.references
	if linked && p.present[o.id] == o {
		want++
	}
	if n := o.ours.References(); n != want {
		p.fail("%v has %d references, want %d: %d of the harness", o, n, want, o.references)
	}
	if theirs.Freed != (want == 0) {
		p.fail("libssl has freed %v: %v, though there should be %d references", o, theirs.Freed, want)
	}
	if want == 0 || theirs.Freed {
		return
	}
	ours := libssl.SessionState{
		Resumable: p.subject.IsResumable(o.ours),
		Time:      openssl.SESSIONGetTime(o.ours),
		Timeout:   openssl.SESSIONGetTimeout(o.ours),
	}
	if ours != theirs {
		p.fail("%v (freed, resumable, time, timeout): ours %v, libssl's %v", o, ours, theirs)
	}
}

// audit checks our cache by itself.
func (p *pair) audit() {
	if p.problem != "" {
		return
	}
	if _, err := p.ctx.Cache().Audit(); err != nil {
		p.fail("%v", err)
	}
	if s := p.ctx.Cache().Stats(); s.CallbackPanics != 0 {
		p.fail("%d panics in callbacks", s.CallbackPanics)
	}
}
