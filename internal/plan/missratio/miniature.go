package missratio

import (
	"fmt"
	"math"
	"slices"

	"github.com/reprise-tls/reprise/internal/trace"
)

// A Miniature is a sample of a trace, from which the miss ratios of any policy
// can be estimated: the requests for a random share of the ids are replayed into
// caches that are smaller by as much (C. Waldspurger et al., "Cache modeling and
// optimization using miniature simulations", ATC 2017). The sample is the one
// that [SHARDS] looks at.
//
// Any number of goroutines may use one.
type Miniature struct {
	rate   float64
	of     int // requests, of the whole trace
	whole  *trace.Trace
	groups [samplingGroups]*trace.Trace // parts of the whole, for the error
}

// NewMiniature draws a sample. All ids are known, so a bound on those looked at
// is a rate like any other.
func NewMiniature(t *trace.Trace, s Sampling) (*Miniature, error) {
	if t == nil || len(t.IDs) == 0 {
		return nil, fmt.Errorf("%w: a trace of no requests; at least one is needed", ErrInput)
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	m := &Miniature{rate: s.Rate, of: len(t.IDs)}
	if s.MaxIDs > 0 {
		m.rate = min(m.rate, float64(s.MaxIDs)/float64(t.Distinct))
	}
	threshold := uint64(m.rate * hashRange)
	whole := newPart(t)
	var groups [samplingGroups]*part
	for i := range groups {
		groups[i] = newPart(t)
	}
	for i, id := range t.IDs {
		if hash := s.hash(id); hash>>3 < threshold {
			whole.take(i)
			groups[hash%samplingGroups].take(i)
		}
	}
	m.whole = whole.trace
	for i, g := range groups {
		if m.groups[i] = g.trace; len(g.trace.IDs) == 0 {
			return nil, fmt.Errorf("%w: sampling rate %v chose %d of the %d ids, too few to tell the error; allowed is a higher one", ErrInput, m.rate, m.whole.Distinct, t.Distinct)
		}
	}
	return m, nil
}

// A part of a trace has numbers of its own for its ids.
type part struct {
	of, trace *trace.Trace
	numbers   map[uint32]uint32
}

func newPart(of *trace.Trace) *part {
	return &part{of: of, trace: &trace.Trace{}, numbers: map[uint32]uint32{}}
}

func (p *part) take(request int) {
	id := p.of.IDs[request]
	n, known := p.numbers[id]
	if !known {
		n = uint32(len(p.numbers))
		p.numbers[id] = n
		p.trace.Distinct++
	}
	p.trace.IDs = append(p.trace.IDs, n)
	if p.of.Times != nil {
		p.trace.Times = append(p.trace.Times, p.of.Times[request])
	}
}

// Estimate estimates what a policy, of which replay is the replay, would do with
// the whole trace in caches of the given sizes. The trace of r is not looked at.
//
// With [Renew] every request takes a place. There one id that alone makes more
// than a few per cent of all requests crowds the small caches if it is in the
// sample, and the standard error does not tell. Clients do not do that.
func (m *Miniature) Estimate(r Replay, replay func(Replay) ([]Point, error)) (*Sample, error) {
	ratios, err := m.missRatios(r, m.whole, 1, replay)
	if err != nil {
		return nil, err
	}
	sample := &Sample{Rate: m.rate, IDs: m.whole.Distinct, Requests: uint64(len(m.whole.IDs)), Points: make([]Sampled, len(r.Sizes))}
	sample.Coarse = float64(slices.Min(r.Sizes))*m.rate < coarse
	parts := make([][]float64, samplingGroups)
	for i, g := range m.groups {
		if parts[i], err = m.missRatios(r, g, samplingGroups, replay); err != nil {
			return nil, err
		}
	}
	for i, size := range r.Sizes {
		of := make([]float64, samplingGroups)
		for g := range parts {
			of[g] = parts[g][i]
		}
		sample.Points[i] = Sampled{Size: size, MissRatio: ratios[i], StandardError: standardError(of)}
	}
	return sample, nil
}

// missRatios replays a part of the trace, one in so many sampled ids, and scales
// up.
func (m *Miniature) missRatios(r Replay, part *trace.Trace, parts float64, replay func(Replay) ([]Point, error)) ([]float64, error) {
	rate := m.rate / parts
	r.Trace = part
	sizes := r.Sizes
	r.Sizes = make([]int, len(sizes))
	for i, n := range sizes {
		r.Sizes[i] = max(1, int(math.Round(float64(n)*rate)))
	}
	points, err := replay(r)
	if err != nil {
		return nil, err
	}
	ratios := make([]float64, len(points))
	for i, p := range points {
		ratios[i] = adjusted(float64(p.Requests-p.Misses), float64(p.Requests), float64(m.of)*rate)
	}
	return ratios, nil
}
