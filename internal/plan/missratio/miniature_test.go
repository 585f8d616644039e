package missratio

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/internal/trace"
)

// zipfTrace has requests a tenth of a second apart.
func zipfTrace(ids, requests int, theta float64) *trace.Trace {
	p := Zipf(ids, theta)
	sum := 0.0
	for i, v := range p {
		sum += v
		p[i] = sum
	}
	random := rand.New(rand.NewPCG(9, 10))
	tr := &trace.Trace{Distinct: ids}
	for k := range requests {
		i, _ := slices.BinarySearch(p, random.Float64()*sum)
		tr.IDs = append(tr.IDs, uint32(min(i, ids-1)))
		tr.Times = append(tr.Times, time.Duration(k)*time.Second/10)
	}
	return tr
}

func TestMiniature(t *testing.T) {
	skewed, even := zipfTrace(50_000, 150_000, .9), zipfTrace(50_000, 150_000, .4)
	policies := map[string]func(Replay) ([]Point, error){"LRU": LRU, "FIFO": FIFO, "random": Random}
	for _, r := range []Replay{
		{Trace: skewed, Sizes: []int{1000, 5000, 20_000}},
		{Trace: skewed, Sizes: []int{1000, 5000, 20_000}, Lifetime: 10 * time.Minute},
		{Trace: even, Sizes: []int{1000, 5000, 20_000}, Lifetime: 10 * time.Minute, Resumption: Renew},
	} {
		for name, replay := range policies {
			exact, err := replay(r)
			if err != nil {
				t.Fatal(err)
			}
			squares, n := 0.0, 0.0
			for seed := range uint64(6) {
				m, err := NewMiniature(r.Trace, Sampling{Rate: .1, Seed: seed})
				if err != nil {
					t.Fatal(err)
				}
				sample, err := m.Estimate(r, replay)
				if err != nil || len(sample.Points) != len(r.Sizes) {
					t.Fatal(sample, err)
				}
				for i, p := range sample.Points {
					off := math.Abs(p.MissRatio-exact[i].MissRatio()) / p.StandardError
					squares += off * off
					n++
					if !(p.StandardError > 0 && p.StandardError < .06) || off > 5 || p.Size != r.Sizes[i] {
						t.Errorf("%s, %v, seed %d, size %d: %.4f ± %.4f, exactly %.4f", name, r.Lifetime, seed, p.Size, p.MissRatio, p.StandardError, exact[i].MissRatio())
					}
				}
				if sample.Coarse || sample.Rate != .1 || sample.IDs < 2_000 || sample.IDs > 6_000 {
					t.Errorf("%s, seed %d: %d ids at rate %v, coarse %v", name, seed, sample.IDs, sample.Rate, sample.Coarse)
				}
			}
			if ratio := math.Sqrt(squares / n); ratio < .3 || ratio > 1.8 {
				t.Errorf("%s, %v: the estimates are off by %.2f of their standard errors", name, r.Lifetime, ratio)
			}
		}
	}
}

// It looks at the ids that SHARDS looks at.
func TestMiniatureIsTheSampleOfSHARDS(t *testing.T) {
	tr := zipfTrace(20_000, 60_000, .8)
	r := Replay{Trace: tr, Sizes: []int{2000}}
	s := Sampling{Rate: .2, Seed: 3}
	byDistances, err := SHARDS(r, s)
	if err != nil {
		t.Fatal(err)
	}
	m, err := NewMiniature(tr, s)
	if err != nil {
		t.Fatal(err)
	}
	replayed, err := m.Estimate(r, LRU)
	if err != nil || replayed.IDs != byDistances.IDs || replayed.Requests != byDistances.Requests {
		t.Fatalf("%+v, by distances %+v, %v", replayed, byDistances, err)
	}
	near(t, "the miss ratio", replayed.Points[0].MissRatio, byDistances.Points[0].MissRatio, 1e-3)
}

func TestMiniatureOfTheWhole(t *testing.T) {
	r := Replay{Trace: zipfTrace(2_000, 20_000, .9), Sizes: []int{50, 500}}
	m, err := NewMiniature(r.Trace, Sampling{Rate: 1})
	if err != nil {
		t.Fatal(err)
	}
	for name, replay := range map[string]func(Replay) ([]Point, error){"LRU": LRU, "FIFO": FIFO} {
		exact, err := replay(r)
		if err != nil {
			t.Fatal(err)
		}
		sample, err := m.Estimate(r, replay)
		if err != nil || !slices.EqualFunc(sample.Points, exact, func(a Sampled, b Point) bool { return math.Abs(a.MissRatio-b.MissRatio()) < 1e-9 }) {
			t.Errorf("%s: %+v, exactly %+v, %v", name, sample, exact, err)
		}
	}
}

func TestMiniatureWithABoundOnIDs(t *testing.T) {
	tr := zipfTrace(20_000, 60_000, .8)
	m, err := NewMiniature(tr, Sampling{Rate: 1, MaxIDs: 400})
	if err != nil {
		t.Fatal(err)
	}
	sample, err := m.Estimate(Replay{Sizes: []int{1000}, Trace: tr}, FIFO)
	if err != nil || math.Abs(sample.Rate-.02) > 1e-9 || sample.IDs > 480 || !sample.Coarse {
		t.Errorf("%+v, %v", sample, err)
	}
}

func TestMiniatureRefuses(t *testing.T) {
	tr := cyclic(3, 2)
	for _, s := range []Sampling{{}, {Rate: -1}, {Rate: 1.1}, {Rate: math.NaN()}, {Rate: 1, MaxIDs: 1}, {Rate: 1e-18}, {Rate: 1}} { // the last for want of ids in some group
		if _, err := NewMiniature(tr, s); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), "allowed") {
			t.Errorf("%+v: %v", s, err)
		}
	}
	for _, empty := range []*trace.Trace{nil, {}} {
		if _, err := NewMiniature(empty, Sampling{Rate: 1}); !errors.Is(err, ErrInput) {
			t.Errorf("%+v: %v", empty, err)
		}
	}
	m, err := NewMiniature(zipfTrace(2_000, 20_000, .9), Sampling{Rate: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Estimate(Replay{Sizes: []int{10}, Resumption: "never"}, FIFO); !errors.Is(err, ErrInput) {
		t.Errorf("%v", err)
	}
	if _, err := m.Estimate(Replay{}, FIFO); !errors.Is(err, ErrInput) {
		t.Errorf("no sizes: %v", err)
	}
}
