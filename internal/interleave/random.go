//go:build invariants

package interleave

import "math/rand/v2"

// atRandom runs interleavings at random.
func (x *exploration) atRandom() error {
	for range x.bounds.Random {
		x.report.Random++
		if _, err := x.one(newRandom(x.bounds.Seed, x.report.Random), nil); err != nil {
			return x.failure(err, -1, nil)
		}
	}
	return nil
}

// random switches with a probability of its own in each run, from rarely to at
// every step: what takes many switches and what takes long stretches without
// one both come up.
type random struct {
	*rand.Rand
	switches float64
}

func newRandom(seed uint64, run int) *random {
	r := rand.New(rand.NewPCG(seed, uint64(run)))
	return &random{r, 1 / float64(int(1)<<r.IntN(4))}
}

func (r *random) pick(ready []*Goroutine, preempts bool) (*Goroutine, error) {
	if preempts && r.Float64() >= r.switches {
		return ready[0], nil
	}
	return ready[r.IntN(len(ready))], nil
}
