package missratio

import (
	"container/heap"
	"fmt"
	"math"
	"slices"
)

// Sampling says which ids [SHARDS] and a [Miniature] look at: all requests for
// a random share of them.
type Sampling struct {
	// Rate is the share of the ids, above 0, at most 1.
	Rate float64

	// MaxIDs bounds the ids looked at; the rate is lowered as more appear, so
	// that memory is bounded whatever the trace. 0: no bound.
	MaxIDs int

	Seed uint64 // of the hash that chooses
}

// A Sampled is an estimate for one size.
type Sampled struct {
	Size      int
	MissRatio float64

	// StandardError is that of MissRatio: the deviation between the estimates
	// that eighths of the sample give, each by itself, divided by √8. Eighths
	// err on the side of more, since their distances are coarser.
	StandardError float64
}

// A Sample is what SHARDS found.
type Sample struct {
	Points   []Sampled
	Rate     float64 // at the end
	IDs      int     // at the end
	Requests uint64

	// Coarse says that the smallest cache would hold fewer than 32 sampled
	// sessions: the estimate for it is not to be relied on.
	Coarse bool
}

const coarse = 32 // sampled sessions

// samplingGroups is how many parts of the sample tell the error.
const samplingGroups = 8

// SHARDS estimates what [LRU] would find, for Reuse without a lifetime and for
// SingleUse, from a sample, whose distances it scales up (C. Waldspurger et al.,
// "Efficient MRC construction with SHARDS", FAST 2015).
func SHARDS(r Replay, s Sampling) (*Sample, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	if !r.ByDistances() {
		return nil, fmt.Errorf("%w: distances with a lifetime or with renewal; allowed is LRU by stack distances: without lifetime, reuse or single-use", ErrInput)
	}
	whole := newSampler(r, s.Rate, 1, s.MaxIDs)
	var groups [samplingGroups]*sampler
	for i := range groups {
		groups[i] = newSampler(r, s.Rate, samplingGroups, s.MaxIDs/samplingGroups)
	}
	for _, id := range r.Trace.IDs {
		hash := s.hash(id)
		value := hash >> 3
		if whole.request(id, value) || s.MaxIDs > 0 {
			groups[hash%samplingGroups].request(id, value)
		}
	}
	sample := &Sample{Rate: whole.rate(), IDs: int(whole.stack.live), Requests: whole.requests}
	sample.Coarse = float64(slices.Min(r.Sizes))*sample.Rate < coarse
	if sample.Requests == 0 {
		return nil, fmt.Errorf("%w: sampling rate %v chose none of the %d ids; allowed is a higher one", ErrInput, s.Rate, r.Trace.Distinct)
	}
	for i, size := range r.Sizes {
		p := Sampled{Size: size, MissRatio: whole.missRatio(i)}
		ratios := make([]float64, len(groups))
		for k, g := range groups {
			ratios[k] = g.missRatio(i)
		}
		p.StandardError = standardError(ratios)
		sample.Points = append(sample.Points, p)
	}
	return sample, nil
}

func (s Sampling) check() error {
	switch {
	case !(s.Rate > 0 && s.Rate <= 1):
		return fmt.Errorf("%w: sampling rate %v; allowed are values above 0 up to 1", ErrInput, s.Rate)
	case s.MaxIDs != 0 && s.MaxIDs < 8*samplingGroups:
		return fmt.Errorf("%w: a sample of at most %d ids; allowed are 0 (no bound) and %d or more", ErrInput, s.MaxIDs, 8*samplingGroups)
	}
	return nil
}

// ByDistances reports whether an LRU cache's misses follow from stack distances
// alone, so that SHARDS can estimate them.
func (r Replay) ByDistances() bool { return r.Lifetime == 0 && r.resumption() != Renew }

// hash returns what chooses: its lowest bits a group, the rest, less than
// hashRange, whether the id is in the sample.
func (s Sampling) hash(id uint32) uint64 { return mix(uint64(id) + mix(s.Seed)) }

const hashRange = 1 << 61

// standardError returns that of an estimate, from those of the groups.
func standardError(groups []float64) float64 {
	mean, squares := 0.0, 0.0
	for _, m := range groups {
		mean += m / float64(len(groups))
		squares += m * m / float64(len(groups))
	}
	return math.Sqrt(max(0, squares-mean*mean) / float64(len(groups)-1))
}

// adjusted returns the miss ratio by a sample. Where that has fewer requests
// than its share of the ids should have, or more, the difference is likely to be
// that of a few popular ids, which hit: it is added to the hits.
func adjusted(hits, requests, expected float64) float64 {
	if expected == 0 {
		return 1
	}
	return 1 - min(max((hits+expected-requests)/expected, 0), 1)
}

// mix is the output function of SplitMix64, a bijection (Steele, Lea, Flood,
// "Fast splittable pseudorandom number generators", 2014).
func mix(z uint64) uint64 {
	z += 0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// A sampler looks at ids whose hash is below a threshold.
type sampler struct {
	replay    Replay
	threshold uint64
	parts     float64 // one in so many ids gets here at all
	maxIDs    int     // 0: no bound

	stack    *stack
	byHash   sampledIDs // the ids looked at, where there is a bound
	hits     []float64  // by size, in requests at the present rate
	requests uint64
	weighed  float64 // requests at the present rate
}

func newSampler(r Replay, rate float64, parts, maxIDs int) *sampler {
	live := r.Trace.Distinct
	if maxIDs > 0 {
		live = min(live, maxIDs+1)
	}
	return &sampler{
		replay: r, threshold: uint64(rate * hashRange), parts: float64(parts), maxIDs: maxIDs,
		stack: newStack(r.Trace.Distinct, live), hits: make([]float64, len(r.Sizes)),
	}
}

func (s *sampler) rate() float64 { return float64(s.threshold) / hashRange / s.parts }

// request reports whether the id, whose hash is given, is in the sample.
func (s *sampler) request(id uint32, hash uint64) bool {
	if hash >= s.threshold {
		return false
	}
	s.requests++
	s.weighed++
	distance := s.stack.request(id)
	if distance != 0 {
		scaled := float64(distance) / s.rate()
		for i, size := range s.replay.Sizes {
			if scaled <= float64(size) {
				s.hits[i]++
			}
		}
		return true
	}
	if s.maxIDs > 0 {
		heap.Push(&s.byHash, sampledID{hash, id})
		for len(s.byHash) > s.maxIDs {
			s.lower()
		}
	}
	return true
}

// lower lowers the threshold to the highest hash in the sample, whose ids
// leave it.
func (s *sampler) lower() {
	before := s.threshold
	s.threshold = s.byHash[0].hash
	for len(s.byHash) > 0 && s.byHash[0].hash >= s.threshold {
		s.stack.remove(heap.Pop(&s.byHash).(sampledID).id)
	}
	scale := float64(s.threshold) / float64(before)
	for i := range s.hits {
		s.hits[i] *= scale
	}
	s.weighed *= scale
}

// missRatio returns the estimate for the size with the given index.
func (s *sampler) missRatio(i int) float64 {
	return adjusted(s.hits[i], s.weighed, float64(len(s.replay.Trace.IDs))*s.rate())
}

type sampledID struct {
	hash uint64
	id   uint32
}

// sampledIDs is a heap with the highest hash on top.
type sampledIDs []sampledID

func (h sampledIDs) Len() int           { return len(h) }
func (h sampledIDs) Less(i, j int) bool { return h[i].hash > h[j].hash }
func (h sampledIDs) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *sampledIDs) Push(x any)        { *h = append(*h, x.(sampledID)) }
func (h *sampledIDs) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
