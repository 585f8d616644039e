package mrc

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/reprise-tls/reprise/internal/plan/missratio"
	"github.com/reprise-tls/reprise/internal/plan/simulation"
	"github.com/reprise-tls/reprise/internal/trace"
)

// Policies returns the names of the policies, in the order in which they are
// explained.
func Policies() []string { return []string{"lru", "fifo", "random", "engine"} }

// CheckPolicy reports a policy that is not known.
func CheckPolicy(name string) error {
	if slices.Contains(Policies(), name) {
		return nil
	}
	return fmt.Errorf("policy %q is not known; allowed are lru, fifo, random and engine", name)
}

// Config says which curves to make.
type Config struct {
	Trace      *trace.Trace
	Policies   []string
	Sizes      []int
	Lifetimes  []time.Duration // 0: none; not empty
	Resumption missratio.Resumption
	Probation  int // the engine's ProbationPercent
	Seed       uint64

	// Sampling, if not nil, makes the curves from a sample: lru's by stack
	// distances, where they tell, all others by miniature simulation.
	Sampling *missratio.Sampling
}

// A Row is a policy with a size and a lifetime.
type Row struct {
	missratio.Point
	Lifetime time.Duration `json:"lifetimeNs"` // 0: none

	// Estimate is the miss ratio where it comes from a sample: then Requests
	// and Misses are those of the sample, scaled up.
	Estimate *Estimate `json:"estimate,omitempty"`
}

// An Estimate is a miss ratio with its error.
type Estimate struct {
	MissRatio     float64 `json:"missRatio"`
	StandardError float64 `json:"standardError"`
}

// MissRatio returns the share of requests that miss.
func (r Row) MissRatio() float64 {
	if r.Estimate != nil {
		return r.Estimate.MissRatio
	}
	return r.Point.MissRatio()
}

// A Sample is what the curves were estimated from. (SHARDS with a bound on the
// ids chooses a few others.)
type Sample struct {
	Rate     float64 `json:"rate"`
	IDs      int     `json:"ids"`
	Requests uint64  `json:"requests"`

	// Coarse says that the smallest cache would hold too few sampled sessions
	// for its estimate to be relied on.
	Coarse bool `json:"coarse,omitempty"`
}

// A Result is the curves.
type Result struct {
	Requests   int                  `json:"requests"`
	Distinct   int                  `json:"distinctIds"`
	Resumption missratio.Resumption `json:"resumption"`
	Rows       []Row                `json:"rows"` // by lifetime, policy and size, in the order asked for
	Sample     *Sample              `json:"sample,omitempty"`

	// Simulated is how many requests were replayed, each size counting,
	// Represented how many these stand for, which is more with a sample, and Took
	// how long that took, on as many cores as there are.
	Simulated   int           `json:"requestsSimulated"`
	Represented int           `json:"requestsRepresented"`
	Took        time.Duration `json:"tookNs"`
}

// Run makes the curves, with as many goroutines as there are processors. When
// the context ends it returns the context's error once the replays under way
// are through.
func Run(ctx context.Context, c Config) (*Result, error) {
	if len(c.Policies) == 0 || len(c.Lifetimes) == 0 {
		return nil, errors.New("at least one policy and one lifetime are needed")
	}
	for _, p := range c.Policies {
		if err := CheckPolicy(p); err != nil {
			return nil, err
		}
	}
	result := &Result{Requests: len(c.Trace.IDs), Distinct: c.Trace.Distinct, Resumption: c.Resumption}
	begun := time.Now()
	jobs, err := c.jobs()
	if err != nil {
		return nil, err
	}
	errs := make([]error, len(jobs))
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var all sync.WaitGroup
	for i, j := range jobs {
		slots <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		all.Go(func() {
			errs[i] = j.run()
			<-slots
		})
	}
	all.Wait()
	if err := errors.Join(append(errs, ctx.Err())...); err != nil {
		return nil, err
	}
	for _, j := range jobs {
		result.Rows = append(result.Rows, j.rows...)
		result.Simulated += j.simulated
		result.Represented += len(c.Trace.IDs) * len(j.sizes)
		if d := j.drawn; d != nil {
			if result.Sample == nil {
				result.Sample = &Sample{Rate: d.Rate, IDs: d.IDs, Requests: d.Requests}
			}
			result.Sample.Coarse = result.Sample.Coarse || d.Coarse
		}
	}
	result.Took = time.Since(begun)
	return result, nil
}

// A job is replays that belong together.
type job struct {
	Config
	policy    string
	lifetime  time.Duration
	sizes     []int
	miniature *missratio.Miniature // nil: no sample
	rows      []Row
	drawn     *missratio.Sample
	simulated int
}

// jobs divides the work: LRU serves all sizes at once, the others each.
func (c Config) jobs() (jobs []*job, err error) {
	var miniature *missratio.Miniature
	if c.Sampling != nil {
		if miniature, err = missratio.NewMiniature(c.Trace, *c.Sampling); err != nil {
			return nil, err
		}
	}
	for _, lifetime := range c.Lifetimes {
		for _, policy := range c.Policies {
			each := [][]int{c.Sizes}
			if policy != "lru" {
				each = slices.Collect(slices.Chunk(c.Sizes, 1))
			}
			for _, sizes := range each {
				jobs = append(jobs, &job{Config: c, policy: policy, lifetime: lifetime, sizes: sizes, miniature: miniature})
			}
		}
	}
	return jobs, nil
}

func (j *job) run() error {
	r := missratio.Replay{Trace: j.Trace, Sizes: j.sizes, Lifetime: j.lifetime, Resumption: j.Resumption, Seed: j.Seed}
	if j.Sampling != nil {
		return j.sample(r)
	}
	points, err := j.replay(r)
	for _, p := range points {
		j.rows = append(j.rows, Row{Point: p, Lifetime: j.lifetime})
	}
	j.simulated = len(j.Trace.IDs) * len(j.sizes)
	return err
}

func (j *job) replay(r missratio.Replay) ([]missratio.Point, error) {
	switch j.policy {
	case "lru":
		return missratio.LRU(r)
	case "fifo":
		return missratio.FIFO(r)
	case "random":
		return missratio.Random(r)
	}
	return simulation.Replay(r, j.Probation)
}

func (j *job) sample(r missratio.Replay) (err error) {
	if j.policy == "lru" && r.ByDistances() {
		j.drawn, err = missratio.SHARDS(r, *j.Sampling)
	} else {
		j.drawn, err = j.miniature.Estimate(r, j.replay)
	}
	if err != nil {
		return err
	}
	requests := len(j.Trace.IDs)
	for _, p := range j.drawn.Points {
		j.rows = append(j.rows, Row{
			Point:    missratio.Point{Policy: j.policy, Size: p.Size, Requests: uint64(requests), Misses: uint64(p.MissRatio*float64(requests) + .5)},
			Lifetime: j.lifetime,
			Estimate: &Estimate{p.MissRatio, p.StandardError},
		})
	}
	// Once as a whole, and once in groups.
	j.simulated = 2 * int(j.drawn.Requests) * len(j.sizes)
	return nil
}
