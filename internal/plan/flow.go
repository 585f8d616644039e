package plan

import (
	"github.com/reprise-tls/reprise/internal/plan/missratio"
	"github.com/reprise-tls/reprise/internal/plan/visits"
)

// A flow is the handshakes of clients that are alike, at one node.
type flow struct {
	rate     float64 // a second
	gaps     visits.Law
	how      missratio.Resumption
	same     float64 // probability that a return comes to the node of the visit before
	returns  float64 // probability that a visit is a return, not a newcomer's
	store    float64 // probability that a shared store has what the node has not; 0: none
	mutual   float64 // share with a client certificate
	lifetime float64 // seconds

	renewals *visits.Renewals // of Reuse
	ever     float64          // of all gaps, those within the lifetime
}

// flows are those of one node of the fleet.
func (s *Spec) flows(store float64) (flows []*flow) {
	same := s.Affinity + (1-s.Affinity)/float64(s.Nodes)
	newest := missratio.Renew
	if s.SingleUse {
		newest = missratio.SingleUse
	}
	for _, p := range s.Populations {
		for _, part := range []struct {
			share float64
			how   missratio.Resumption
		}{{1 - p.TLS12, newest}, {p.TLS12, missratio.Reuse}} {
			if part.share == 0 {
				continue
			}
			f := &flow{
				rate: p.Handshakes * part.share / float64(s.Nodes), gaps: p.Visits, how: part.how,
				same: same, returns: 1 - p.Newcomers, store: store, mutual: p.Mutual, lifetime: s.Lifetime.Seconds(),
			}
			f.ever = f.gaps.Within(f.lifetime)
			if f.how == missratio.Reuse {
				q := f.returns * (f.same + (1-f.same)*f.store)
				f.renewals = visits.NewRenewals(f.gaps, q, f.lifetime)
			}
			flows = append(flows, f)
		}
	}
	return flows
}

// version is "tls12" or "tls13".
func (f *flow) version() string {
	if f.how == missratio.Reuse {
		return "tls12"
	}
	return "tls13"
}

// byKind returns the mean over the flow's kinds of handshake of what is known
// by kind.
func (f *flow) byKind(value func(kind string) float64) (mean float64) {
	if f.mutual < 1 {
		mean += (1 - f.mutual) * value(f.version())
	}
	if f.mutual > 0 {
		mean += f.mutual * value("m"+f.version())
	}
	return mean
}

// A stay is what a flow has in the cache and gets out of it.
type stay struct {
	// Sessions, on average: on probation, those of them that eviction does not
	// see, and promoted.
	probation, hidden, promoted float64

	resumed float64 // share of the flow's handshakes
	local   float64 // share that is resumed without a store

	evicted float64 // sessions a second that leave by eviction or expiry
	earned  float64 // sessions a second that become promoted
}

// add adds a part of another stay.
func (s *stay) add(part float64, t stay) {
	s.probation += part * t.probation
	s.hidden += part * t.hidden
	s.promoted += part * t.promoted
	s.resumed += part * t.resumed
	s.local += part * t.local
	s.evicted += part * t.evicted
	s.earned += part * t.earned
}

// ages are those at which sessions are evicted, in seconds: on average, and how
// much earlier or later it may be. Probation's is not above the other.
type ages struct {
	probation, promoted, spread float64

	// The engine's eviction sees the oldest session of each bucket. So a
	// session on probation is shielded, with the given probability, by an older
	// promoted one in its bucket: it is evicted once that one has left, which
	// takes up to the time shield.
	shielded, shield float64
}

// A lot is what may become of a session: to be evicted at these ages.
type lot struct {
	part                float64 // of all sessions
	probation, promoted float64
	hidden              bool
}

// spreadPoints are where, in spreads from the average, ages are taken to be;
// promotedPoints are those of promoted sessions that go with them, in another
// order, since the two do not depend on each other. shieldPoints are shares of
// the time a shield takes to leave.
var (
	spreadPoints   = [...]float64{-.8, -.4, 0, .4, .8}
	promotedPoints = [...]float64{0, .8, -.8, -.4, .4}
	shieldPoints   = [...]float64{.125, .375, .625, .875}
)

// lots returns what may become of sessions that live no longer than a
// lifetime.
func (a ages) lots(lifetime float64) (lots []lot) {
	within := func(t float64) float64 { return min(max(t, 0), lifetime) }
	if a.spread == 0 {
		return []lot{{1, a.probation, a.promoted, false}}
	}
	for i, d := range spreadPoints {
		lots = append(lots, lot{
			part:      (1 - a.shielded) / float64(len(spreadPoints)),
			probation: within(a.probation + d*min(a.spread, a.probation)),
			promoted:  within(a.promoted + promotedPoints[i]*min(a.spread, a.promoted)),
		})
	}
	if a.shielded > 0 {
		for _, share := range shieldPoints {
			lots = append(lots, lot{a.shielded / float64(len(shieldPoints)), max(a.probation, share*a.shield), a.promoted, true})
		}
	}
	return lots
}

// stay returns what becomes of the flow where sessions are evicted at the
// given ages.
func (f *flow) stay(a ages) (s stay) {
	lots := a.lots(f.lifetime)
	if f.how == missratio.Reuse {
		for _, l := range lots {
			s.add(l.part, f.reuse(l))
		}
		return s
	}
	// What returns within an age, and how long sessions stay.
	var young, old, youngStay, hiddenStay, oldStay float64
	for _, l := range lots {
		young += l.part * f.gaps.Within(l.probation)
		old += l.part * f.gaps.Within(l.promoted)
		youngStay += l.part * f.length(l.probation)
		oldStay += l.part * f.length(l.promoted)
		if l.hidden {
			hiddenStay += l.part * f.length(l.probation)
		}
	}
	// A handshake's session starts out of probation iff it was resumed. So
	// the share x that is resumed, here or by the store, follows from itself:
	// x = returns·(store·ever + (1-store)·same·(x·old + (1-x)·young)).
	here := f.returns * f.same
	x := (f.returns*f.store*f.ever + (1-f.store)*here*young) / (1 - (1-f.store)*here*(old-young))
	local := here * (x*old + (1-x)*young)
	s = stay{
		probation: f.rate * (1 - x) * youngStay,
		hidden:    f.rate * (1 - x) * hiddenStay,
		promoted:  f.rate * x * oldStay,
		resumed:   x, local: local,
		evicted: f.rate, earned: f.rate * x,
	}
	if f.how == missratio.SingleUse {
		s.evicted -= f.rate * local
	}
	return s
}

// length returns how long a session is there that would be evicted at the
// given age: to the end, or, if it is taken when it is resumed, until its client
// returns to this node.
func (f *flow) length(age float64) float64 {
	if f.how == missratio.Renew {
		return age
	}
	here := f.returns * f.same
	return (1-here)*age + here*f.gaps.MeanWithin(age)
}

// reuse is stay for sessions that outlive resumptions, all with the same lot: a
// cycle is one full handshake and those that resume its session. The first
// takes the session out of probation.
func (f *flow) reuse(l lot) stay {
	q := f.returns * (f.same + (1-f.same)*f.store)
	resumptions := f.renewals.AfterFirst(l.probation, l.promoted)
	if f.store > 0 {
		// The store has it until the end of its lifetime.
		resumptions = f.renewals.Until(f.lifetime)
	}
	cycles := f.rate / (1 + resumptions)
	young, mean := f.gaps.Within(l.probation), f.gaps.MeanWithin(l.probation)
	// The mean of the gaps within probation, times their share.
	gaps := mean - l.probation*(1-young)
	s := stay{
		probation: cycles * ((1-q)*l.probation + q*mean),
		promoted:  cycles * q * max(0, young*l.promoted-gaps),
		resumed:   resumptions / (1 + resumptions),
		evicted:   cycles, earned: cycles * q * young,
	}
	if l.hidden {
		s.hidden = s.probation
	}
	s.local = s.resumed
	if f.store > 0 {
		s.local *= f.same
		// Each return to another node leaves a copy there for the rest of the
		// lifetime, half of it on average.
		copies := cycles * resumptions * (1 - f.same)
		s.promoted += copies * l.promoted / 2
		s.evicted += copies
		s.earned += copies
	}
	return s
}
