package plan

import (
	"time"

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
	window   float64 // seconds a session of Renew lives on once it has a successor; 0: to its end

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
			if window := s.window(); f.how == missratio.Renew && window < time.Duration(s.Lifetime) {
				f.window = window.Seconds()
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
	// Sessions, on average: on probation, promoted, and, in the reuse window,
	// those that have a successor.
	probation, promoted, superseded float64

	resumed float64 // share of the flow's handshakes
	local   float64 // share that is resumed without a store

	evicted float64 // sessions a second that leave by eviction or, not superseded, by expiry
}

// add adds a part of another stay.
func (s *stay) add(part float64, t stay) {
	s.probation += part * t.probation
	s.promoted += part * t.promoted
	s.superseded += part * t.superseded
	s.resumed += part * t.resumed
	s.local += part * t.local
	s.evicted += part * t.evicted
}

// sessions returns how many are in the cache.
func (s *stay) sessions() float64 { return s.probation + s.promoted + s.superseded }

// ages are those at which sessions are evicted, in seconds: on average, and how
// much earlier or later it may be. Probation's is not above the other.
type ages struct {
	probation, promoted, spread float64

	// lag is for how long, on average, an expired session is still there, and
	// superseded for which part of the reuse window and the lag a superseded one
	// is: 0 to 1.
	lag, superseded float64
}

// A lot is what may become of a session: to be evicted at these ages.
type lot struct{ probation, promoted float64 }

// spreadPoints are where, in spreads from the average, ages are taken to be;
// promotedPoints are those of promoted sessions that go with them, in another
// order, since the two do not depend on each other.
var (
	spreadPoints   = [...]float64{-.8, -.4, 0, .4, .8}
	promotedPoints = [...]float64{0, .8, -.8, -.4, .4}
)

// lots returns what may become, with equal probabilities, of sessions that live
// no longer than a lifetime.
func (a ages) lots(lifetime float64) (lots []lot) {
	if a.spread == 0 {
		return []lot{{a.probation, a.promoted}}
	}
	spread := func(age, by float64) float64 { return min(max(age+by*min(a.spread, age), 0), lifetime) }
	for i := range spreadPoints {
		lots = append(lots, lot{spread(a.probation, spreadPoints[i]), spread(a.promoted, promotedPoints[i])})
	}
	return lots
}

// stay returns what becomes of the flow where sessions are evicted at the
// given ages.
func (f *flow) stay(a ages) (s stay) {
	lots := a.lots(f.lifetime)
	part := 1 / float64(len(lots))
	if f.how == missratio.Reuse {
		for _, l := range lots {
			s.add(part, f.reuse(l, a.lag))
		}
		return s
	}
	here := f.returns * f.same
	// What returns within an age, how long sessions wait for that, and how long
	// those that were promoted by it would be there until their own age.
	var young, old, youngStay, oldStay, youngRest, oldRest, oldAge float64
	for _, l := range lots {
		young += part * f.gaps.Within(l.probation)
		old += part * f.gaps.Within(l.promoted)
		youngStay += part * f.wait(here, l.probation, a.lag)
		oldStay += part * f.wait(here, l.promoted, a.lag)
		youngRest += part * here * f.rest(l.probation, l.promoted)
		oldRest += part * here * f.rest(l.promoted, l.promoted)
		oldAge += part * l.promoted
	}
	// A handshake's session starts out of probation iff it was resumed. So
	// the share x that is resumed, here or by the store, follows from itself:
	// x = returns·(store·ever + (1-store)·same·(x·old + (1-x)·young)).
	x := (f.returns*f.store*f.ever + (1-f.store)*here*young) / (1 - (1-f.store)*here*(old-young))
	local := here * (x*old + (1-x)*young)
	s = stay{
		probation: f.rate * (1 - x) * youngStay,
		promoted:  f.rate * x * oldStay,
		resumed:   x, local: local,
		evicted: f.rate * (1 - local),
	}
	switch {
	case f.how == missratio.SingleUse: // taken when it was used
	case f.window > 0:
		// Also what came from the store was kept here and has a successor.
		s.superseded = f.rate * x * (f.window + a.lag) * a.superseded
		// Those that a round of eviction meets are evicted at half their time in it,
		// on average; in the lag it is sweeps that meet them.
		s.evicted += f.rate * x * min(1, 2*(1-a.superseded)*f.window/(f.window+a.lag))
	default:
		fromStore := x - local
		s.promoted += f.rate * (x*oldRest + (1-x)*youngRest + fromStore*oldAge/2)
		s.evicted = f.rate * (1 + fromStore)
	}
	return s
}

// wait returns how long a session is there that would be evicted at the given
// age, until then or until its client returns to this node, which it does with
// the probability here; with the lag of one that expires instead.
func (f *flow) wait(here, age, lag float64) float64 {
	t := (1-here)*age + here*f.gaps.MeanWithin(age)
	if age < f.lifetime {
		return t
	}
	return t + (1-here*f.ever)*lag
}

// rest returns for how long a session will be there until the age last, on
// average over all, when its client returns within the age first, and 0 if it
// does not.
func (f *flow) rest(first, last float64) float64 {
	within := f.gaps.Within(first)
	// The mean of the gaps within the age, times their share.
	gaps := f.gaps.MeanWithin(first) - first*(1-within)
	return max(0, within*last-gaps)
}

// reuse is stay for sessions that outlive resumptions, all with the same lot: a
// cycle is one full handshake and those that resume its session. The first
// takes the session out of probation.
func (f *flow) reuse(l lot, lag float64) stay {
	q := f.returns * (f.same + (1-f.same)*f.store)
	resumptions := f.renewals.AfterFirst(l.probation, l.promoted)
	if f.store > 0 {
		// The store has it until the end of its lifetime.
		resumptions = f.renewals.Until(f.lifetime)
	}
	cycles := f.rate / (1 + resumptions)
	s := stay{
		probation: cycles * f.wait(q, l.probation, lag),
		promoted:  cycles * q * f.rest(l.probation, l.promoted),
		resumed:   resumptions / (1 + resumptions),
		evicted:   cycles,
	}
	if l.promoted >= f.lifetime {
		s.promoted += cycles * q * f.gaps.Within(l.probation) * lag
	}
	s.local = s.resumed
	if f.store > 0 {
		s.local *= f.same
		// Each return to another node leaves a copy there for the rest of the
		// lifetime, half of it on average.
		copies := cycles * resumptions * (1 - f.same)
		s.promoted += copies * l.promoted / 2
		s.evicted += copies
	}
	return s
}
