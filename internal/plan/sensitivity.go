package plan

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/reprise-tls/reprise/internal/plan/missratio"
	"github.com/reprise-tls/reprise/internal/plan/visits"
)

// A Sensitivity is how the answer depends on one input: what comes of less and
// of more of it, everything else being equal.
type Sensitivity struct {
	Input string    `json:"input"`
	Value string    `json:"value"`
	Less  Variation `json:"less"`
	More  Variation `json:"more"`

	// Elasticity is by how many per cent the capacity changes for one per cent
	// more of the input, between Less and More; nil where one of them is out of
	// reach.
	Elasticity *float64 `json:"elasticity"`
}

// A Variation is the answer with another value.
type Variation struct {
	Value      string  `json:"value"`
	Capacity   int     `json:"capacity"` // for the share wanted; 0: out of reach
	Resumption float64 `json:"resumption"`
	Cores      int     `json:"cores"`
}

// An input is something to vary.
type input struct {
	name  string
	value func(Spec) string
	vary  func(s *Spec, m *Measured, factor float64)
	used  func(Spec) bool // nil: always
}

// tenth is by how much inputs are varied.
const tenth = 0.1

func percent(v float64) string { return fmt.Sprintf("%.4g %%", 100*v) }

func inputs() []input {
	each := func(f func(p *Population, k float64)) func(*Spec, *Measured, float64) {
		return func(s *Spec, _ *Measured, k float64) {
			for i := range s.Populations {
				f(&s.Populations[i], k)
			}
		}
	}
	some := func(f func(Population) float64) func(Spec) bool {
		return func(s Spec) bool {
			return slices.ContainsFunc(s.Populations, func(p Population) bool { return f(p) > 0 })
		}
	}
	mean := func(f func(Population) float64) func(Spec) string {
		return func(s Spec) string {
			sum, rate := 0.0, 0.0
			for _, p := range s.Populations {
				sum, rate = sum+p.Handshakes*f(p), rate+p.Handshakes
			}
			return percent(sum / rate)
		}
	}
	newcomers := func(p Population) float64 { return p.Newcomers }
	tls12 := func(p Population) float64 { return p.TLS12 }
	return []input{
		{"clients (at the same gaps)", func(s Spec) string {
			n := 0.0
			for _, p := range s.Populations {
				n += p.Clients
			}
			return fmt.Sprintf("%.4g", n)
		}, each(func(p *Population, k float64) { p.Clients, p.Handshakes = p.Clients*k, p.Handshakes*k }), nil},
		{"gaps between visits (of as many clients)", func(s Spec) string {
			n, rate := 0.0, 0.0
			for _, p := range s.Populations {
				n, rate = n+p.Clients, rate+p.Handshakes
			}
			return seconds(n / rate)
		}, each(func(p *Population, k float64) { p.Visits.Scale, p.Handshakes = p.Visits.Scale*k, p.Handshakes/k }), nil},
		{"shape of the gaps (at the same mean)", func(Spec) string { return "" },
			each(func(p *Population, k float64) {
				law := p.Visits
				law.Shape *= k
				if law.Check() == nil { // not beyond what shapes can be
					p.Visits = law.WithMean(p.Visits.Mean())
				}
			}), some(func(p Population) float64 {
				if p.Visits.Kind == visits.Exponential {
					return 0
				}
				return p.Visits.Shape
			})},
		{"newcomers", mean(newcomers), each(func(p *Population, k float64) { p.Newcomers = min(p.Newcomers*k, .99) }), some(newcomers)},
		{"share of TLS 1.2", mean(tls12), each(func(p *Population, k float64) { p.TLS12 = min(p.TLS12*k, 1) }), some(tls12)},
		{"lifetime", func(s Spec) string { return s.Lifetime.String() }, func(s *Spec, _ *Measured, k float64) {
			l := time.Duration(float64(s.Lifetime) * k).Round(time.Second)
			s.Lifetime = Duration(min(l, missratio.MaxLifetime))
		}, nil},
		{"affinity", func(s Spec) string { return percent(s.Affinity) }, func(s *Spec, _ *Measured, k float64) { s.Affinity = min(s.Affinity*k, 1) },
			func(s Spec) bool { return s.Nodes > 1 && s.Affinity > 0 }},
		{"resumption wanted", func(s Spec) string { return percent(s.Resumption) }, func(s *Spec, _ *Measured, k float64) { s.Resumption = min(s.Resumption*k, .999) }, nil},
		{"cost of full handshakes", func(Spec) string { return "" }, func(_ *Spec, m *Measured, k float64) {
			m.scale(k, 1)
		}, nil},
		{"cost of resumed handshakes", func(Spec) string { return "" }, func(_ *Spec, m *Measured, k float64) {
			m.scale(1, k)
		}, nil},
	}
}

// scale multiplies the costs, in a copy of the map.
func (m *Measured) scale(full, resumed float64) {
	costs := make(map[string]Priced)
	for kind, p := range m.Costs {
		for _, c := range []struct {
			value *float64
			by    float64
		}{{&p.Full.Median, full}, {&p.Full.Low, full}, {&p.Full.High, full}, {&p.Resumed.Median, resumed}, {&p.Resumed.Low, resumed}, {&p.Resumed.High, resumed}} {
			*c.value *= c.by
		}
		costs[kind] = p
	}
	m.Costs = costs
}

// vary fills in the sensitivity and the range of the capacity.
func (a *Answer) vary(s Spec, measured Measured) error {
	squares := 0.0
	for _, in := range inputs() {
		if in.used != nil && !in.used(s) {
			continue
		}
		row := Sensitivity{Input: in.name, Value: in.value(s)}
		var err error
		if row.Less, err = a.variation(s, measured, in, 1-tenth); err != nil {
			return err
		}
		if row.More, err = a.variation(s, measured, in, 1+tenth); err != nil {
			return err
		}
		if row.Less.Capacity > 0 && row.More.Capacity > 0 {
			e := math.Log(float64(row.More.Capacity)/float64(row.Less.Capacity)) / math.Log((1+tenth)/(1-tenth))
			row.Elasticity = &e
			if in.name != "resumption wanted" { // that one is known
				squares += e * e
			}
		}
		a.Sensitivity = append(a.Sensitivity, row)
	}
	factor := math.Exp(math.Sqrt(squares) * math.Log1p(tenth))
	a.CapacityRange = [2]float64{float64(a.Capacity) / factor, float64(a.Capacity) * factor}
	return nil
}

func (a *Answer) variation(s Spec, measured Measured, in input, factor float64) (v Variation, err error) {
	s.Populations = slices.Clone(s.Populations)
	in.vary(&s, &measured, factor)
	m := newModel(&s, 0)
	v.Value = in.value(s)
	if n, reachable := m.smallest(s.Resumption, 1e-3); reachable {
		v.Capacity = int(math.Ceil(n))
	}
	ages := m.residence(float64(a.Capacity))
	v.Resumption = m.total(ages).resumed
	cores, err := m.cores(&s, ages, measured)
	v.Cores = cores.Cores
	return v, err
}
