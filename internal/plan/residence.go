package plan

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

// total sums what the flows have in the cache; shares are of all handshakes.
func (m *model) total(probation, promoted float64) (t stay) {
	for _, f := range m.flows {
		s := f.stay(probation, promoted)
		t.probation += s.probation
		t.promoted += s.promoted
		t.resumed += s.resumed * f.rate / m.rate
		t.local += s.local * f.rate / m.rate
	}
	return t
}

// unevicted returns what a cache without a bound would have and do.
func (m *model) unevicted() stay { return m.total(m.lifetime, m.lifetime) }

// residence returns the ages, in seconds, at which a cache for the given
// number of sessions evicts those on probation and the others. The engine
// evicts the oldest, unless sessions on probation have more than their share:
// then the oldest of those.
func (m *model) residence(capacity float64) (probation, promoted float64) {
	end := m.lifetime
	all := func(s stay) float64 { return s.probation + s.promoted }
	if all(m.unevicted()) <= capacity {
		return end, end
	}
	common := rising(0, end, capacity, func(t float64) float64 { return all(m.total(t, t)) })
	if m.total(common, common).probation <= m.share*capacity {
		return common, common
	}
	// Probation is held to its share, and the others stay longer. If they do
	// not fill their part even when they stay to the end, probation has the
	// rest.
	youngFor := func(promoted, sessions float64) float64 {
		return rising(0, promoted, sessions, func(t float64) float64 { return m.total(t, promoted).probation })
	}
	if at := m.total(youngFor(end, m.share*capacity), end); at.promoted <= (1-m.share)*capacity {
		return rising(0, end, capacity, func(t float64) float64 { return all(m.total(t, end)) }), end
	}
	promoted = rising(common, end, (1-m.share)*capacity, func(t float64) float64 {
		return m.total(youngFor(t, m.share*capacity), t).promoted
	})
	return youngFor(promoted, m.share*capacity), promoted
}

// at returns what a cache for the given number of sessions does.
func (m *model) at(capacity float64) stay { return m.total(m.residence(capacity)) }

// smallest returns the smallest number of sessions with which the share
// resumed is at least the one wanted, and false if none does it; then the
// number is the one beyond which nothing is gained.
func (m *model) smallest(resumed float64) (capacity float64, reachable bool) {
	most := m.unevicted()
	high := max(1, most.probation+most.promoted)
	if most.resumed < resumed {
		return high, false
	}
	low := 0.0
	for high-low > max(0.5, high*1e-6) {
		middle := (low + high) / 2
		if m.at(middle).resumed < resumed {
			low = middle
		} else {
			high = middle
		}
	}
	return high, true
}

// rising returns where between low and high a function that rises reaches a
// value; high if it does not.
func rising(low, high, value float64, f func(float64) float64) float64 {
	for range 50 {
		middle := (low + high) / 2
		if middle == low || middle == high || high-low < 1e-9*high {
			break
		}
		if f(middle) < value {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}
