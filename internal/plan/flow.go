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
				same: same, returns: 1 - p.Newcomers, store: store, lifetime: s.Lifetime.Seconds(),
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

// A stay is what a flow has in the cache and gets out of it.
type stay struct {
	probation, promoted float64 // sessions, on average
	resumed             float64 // share of the flow's handshakes
	local               float64 // share that is resumed without a store
}

// stay returns what becomes of the flow where sessions are evicted at the ages
// given for probation and after it, in seconds, neither above the lifetime nor
// probation's above the other.
func (f *flow) stay(probation, promoted float64) stay {
	if f.how == missratio.Reuse {
		return f.reuse(probation, promoted)
	}
	// A handshake's session starts out of probation iff it was resumed. So
	// the share x that is resumed, here or by the store, follows from itself:
	// x = returns·(store·ever + (1-store)·same·(x·within(promoted) + (1-x)·within(probation))).
	young, old := f.gaps.Within(probation), f.gaps.Within(promoted)
	here := f.returns * f.same
	x := (f.returns*f.store*f.ever + (1-f.store)*here*young) / (1 - (1-f.store)*here*(old-young))
	// How long a session is there: to the end, or, if it is taken when it is
	// resumed, until its client returns to this node.
	length := func(age float64) float64 {
		if f.how == missratio.Renew {
			return age
		}
		return (1-here)*age + here*f.gaps.MeanWithin(age)
	}
	return stay{
		probation: f.rate * (1 - x) * length(probation),
		promoted:  f.rate * x * length(promoted),
		resumed:   x,
		local:     here * (x*old + (1-x)*young),
	}
}

// reuse is stay for sessions that outlive resumptions: a cycle is one full
// handshake and those that resume its session. The first takes the session out
// of probation.
func (f *flow) reuse(probation, promoted float64) stay {
	q := f.returns * (f.same + (1-f.same)*f.store)
	resumptions := f.renewals.AfterFirst(probation, promoted)
	if f.store > 0 {
		// The store has it until the end of its lifetime.
		resumptions = f.renewals.Until(f.lifetime)
	}
	cycles := f.rate / (1 + resumptions)
	young, mean := f.gaps.Within(probation), f.gaps.MeanWithin(probation)
	// The mean of the gaps within probation, times their share.
	ages := mean - probation*(1-young)
	s := stay{
		probation: cycles * ((1-q)*probation + q*mean),
		promoted:  cycles * q * (young*promoted - ages),
		resumed:   resumptions / (1 + resumptions),
	}
	s.local = s.resumed
	if f.store > 0 {
		s.local *= f.same
		// Each return to another node leaves a copy there for the rest of the
		// lifetime, half of it on average.
		s.promoted += cycles * resumptions * (1 - f.same) * promoted / 2
	}
	return s
}
