package missratio

import (
	"math"
	"testing"
)

func TestSHARDS(t *testing.T) {
	// Enough ids for a sample of a tenth.
	r := Replay{Trace: zipfTrace(50_000, 150_000, .9), Sizes: []int{1000, 5000, 20_000}}
	exact, err := LRU(r)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]Sampling{"fixed rate": {Rate: .1}, "fixed size": {Rate: 1, MaxIDs: 4000}} {
		squares, n := 0.0, 0.0
		for s.Seed = range uint64(6) {
			sample, err := SHARDS(r, s)
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range sample.Points {
				errors := math.Abs(p.MissRatio-exact[i].MissRatio()) / p.StandardError
				squares += errors * errors
				n++
				if !(p.StandardError > 0 && p.StandardError < .06) || errors > 5 {
					t.Errorf("%s, seed %d, size %d: %.4f ± %.4f, exactly %.4f", name, s.Seed, p.Size, p.MissRatio, p.StandardError, exact[i].MissRatio())
				}
			}
			if s.MaxIDs > 0 && (sample.IDs > s.MaxIDs || sample.IDs < s.MaxIDs/2 || sample.Rate >= .2) {
				t.Errorf("%s: %d ids at rate %v", name, sample.IDs, sample.Rate)
			}
			if sample.Coarse {
				t.Errorf("%s: a hundred sampled sessions are not coarse", name)
			}
		}
		// The error that is reported is the error there is.
		if ratio := math.Sqrt(squares / n); ratio < .4 || ratio > 1.6 {
			t.Errorf("%s: the estimates are off by %.2f of their standard errors", name, ratio)
		}
	}
	// All ids are no sample: the answer is exact.
	whole, err := SHARDS(r, Sampling{Rate: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range whole.Points {
		near(t, "the whole", p.MissRatio, exact[i].MissRatio(), 1e-9)
	}
	r.Sizes = []int{100}
	if coarse, err := SHARDS(r, Sampling{Rate: .1}); err != nil || !coarse.Coarse {
		t.Errorf("ten sampled sessions: %+v, %v", coarse, err)
	}
}
