package plan

import "math"

// A model is a node as formulas.
type model struct {
	flows    []*flow
	rate     float64 // handshakes a second
	lifetime float64 // seconds
	share    float64 // of the cache, for probation
}

func newModel(s *Spec, store float64) *model {
	m := &model{flows: s.flows(store), lifetime: s.Lifetime.Seconds(), share: float64(*s.Probation) / 100}
	for _, f := range m.flows {
		m.rate += f.rate
	}
	return m
}

// scaled returns the model with only a part of the clients.
func (m *model) scaled(part float64) *model {
	scaled := *m
	scaled.rate *= part
	scaled.flows = nil
	for _, f := range m.flows {
		g := *f
		g.rate *= part
		scaled.flows = append(scaled.flows, &g)
	}
	return &scaled
}

// total sums what the flows have in the cache; shares are of all handshakes.
func (m *model) total(a ages) (t stay) {
	for _, f := range m.flows {
		s := f.stay(a)
		s.resumed *= f.rate / m.rate
		s.local *= f.rate / m.rate
		t.add(1, s)
	}
	return t
}

// unevicted returns what a cache without a bound would have and do.
func (m *model) unevicted() stay { return m.total(ages{probation: m.lifetime, promoted: m.lifetime}) }

const (
	// maxIterations bounds the search for a steady state, which takes a few dozen.
	maxIterations = 200

	// settled ends it: the relative change of ages in one iteration.
	settled = 1e-5

	// firstDamping is the share of the way to the ages that would be right if
	// occupancy grew linearly with them. Since it grows less, the way leads down
	// without passing by the first steady state. Where it does pass one, because
	// periodic clients come and go all at once, it turns, and each turn makes
	// steps shorter.
	firstDamping = 0.5

	// mostApart is by how much what is there and what fits may be apart in a step.
	mostApart = 4

	// rounds is how often the engine's eviction comes round to a session while as
	// many are evicted as the cache holds (docs/design.md, "Eviction"). It takes
	// one up to half a round before or after its turn.
	rounds = 5

	// exactCapacity is the largest capacity at which the engine evicts exactly.
	exactCapacity = 64

	// sparseCapacity is the largest at which it has at least two buckets a
	// session; beyond it is one. Their number is a power of two.
	sparseCapacity = 1 << 16
)

// buckets returns how many the engine has for a capacity.
func buckets(capacity float64) float64 {
	if capacity <= sparseCapacity {
		capacity *= 2
	}
	return math.Exp2(math.Ceil(math.Log2(capacity)))
}

// residence returns the ages at which a cache for the given number of sessions
// evicts. The engine evicts the oldest, unless sessions on probation have more
// than their share: then the oldest of those.
//
// There may be several steady states: periodic clients keep each other's sessions
// promoted, or never get there. The search begins with sessions that stay to
// their end and shortens their stay until they fit, as a cache does that was
// empty at first; so it finds the state that such a cache comes to.
func (m *model) residence(capacity float64) ages {
	a := ages{probation: m.lifetime, promoted: m.lifetime}
	if t := m.total(a); t.probation+t.promoted <= capacity {
		return a
	}
	way := way{damping: [2]float64{firstDamping, firstDamping}}
	for range maxIterations {
		next := m.adjusted(a, m.total(a), capacity, &way)
		change := max(change(a.probation, next.probation), change(a.promoted, next.promoted), math.Abs(a.shielded-next.shielded))
		a = next
		if change < settled {
			break
		}
	}
	return a
}

func change(from, to float64) float64 { return math.Abs(to-from) / max(from, to) }

// A way is how the search for a steady state goes on, for the age of probation
// and the other.
type way struct {
	damping [2]float64
	up      [2]bool // the direction of the step before
	begun   [2]bool
}

// step returns the age nearer to the one with which as many sessions are there
// as are wanted.
func (w *way) step(which int, age, is, want float64) float64 {
	ratio := float64(mostApart)
	if is > 0 {
		ratio = min(max(want/is, 1./mostApart), mostApart)
	}
	up := ratio > 1
	if w.begun[which] && up != w.up[which] {
		w.damping[which] *= 0.7
	}
	w.begun[which], w.up[which] = true, up
	return age * math.Pow(ratio, w.damping[which])
}

// adjusted returns ages nearer to those with which the sessions fit.
func (m *model) adjusted(a ages, t stay, capacity float64, w *way) ages {
	// What the engine counts are the oldest sessions of its buckets.
	visible, counted := t.probation-t.hidden, capacity
	if capacity > exactCapacity && m.share < 1 {
		counted = buckets(capacity) * -math.Expm1(-capacity/buckets(capacity))
	}
	share := m.share * counted
	// Each may have what the other leaves, but at least its share. Without
	// probation, or if it has less than its share, the oldest is evicted,
	// whichever it is.
	next := a
	next.promoted = min(m.lifetime, w.step(1, a.promoted, t.promoted, max(capacity-t.hidden-share, capacity-t.probation)))
	next.probation = w.step(0, a.probation, visible, max(share, capacity-t.hidden-t.promoted))
	if next.probation > next.promoted {
		common := min(m.lifetime, w.step(1, a.promoted, t.probation+t.promoted, capacity))
		next.probation, next.promoted = common, common
	}
	if capacity > exactCapacity {
		next.spread = capacity / (2 * rounds * t.evicted)
		next.shielded += firstDamping * (-math.Expm1(-t.promoted/buckets(capacity)) - a.shielded)
		if t.earned > 0 {
			next.shield += firstDamping * (min(t.promoted/t.earned, next.promoted) - a.shield)
		}
	}
	return next
}

// at returns what a cache for the given number of sessions does.
func (m *model) at(capacity float64) stay { return m.total(m.residence(capacity)) }

// smallest returns the smallest number of sessions with which the share
// resumed is at least the one wanted, and false if none does it; then the
// number is the one beyond which nothing is gained. The number is exact to the
// part given, or to half a session.
func (m *model) smallest(resumed, part float64) (capacity float64, reachable bool) {
	most := m.unevicted()
	high := max(1, most.probation+most.promoted)
	if most.resumed < resumed {
		return high, false
	}
	low := 0.0
	for high-low > max(0.5, high*part) {
		middle := (low + high) / 2
		if m.at(middle).resumed < resumed {
			low = middle
		} else {
			high = middle
		}
	}
	return high, true
}
