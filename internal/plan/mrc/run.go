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

	// Sampling, if not nil, makes the curve of lru from a sample.
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

// A Result is the curves.
type Result struct {
	Requests   int                  `json:"requests"`
	Distinct   int                  `json:"distinctIds"`
	Resumption missratio.Resumption `json:"resumption"`
	Rows       []Row                `json:"rows"` // by lifetime, policy and size, in the order asked for
	Sample     *missratio.Sample    `json:"sample,omitempty"`

	// Simulated is how many requests were replayed, each size counting, and
	// Took how long that took, on as many cores as there are.
	Simulated int           `json:"requestsSimulated"`
	Took      time.Duration `json:"tookNs"`
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
	jobs := c.jobs(result)
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
	}
	result.Took = time.Since(begun)
	return result, nil
}

// A job is replays that belong together.
type job struct {
	Config
	result    *Result
	policy    string
	lifetime  time.Duration
	sizes     []int
	rows      []Row
	simulated int
}

// jobs divides the work: LRU serves all sizes at once, the others each.
func (c Config) jobs(result *Result) (jobs []*job) {
	for _, lifetime := range c.Lifetimes {
		for _, policy := range c.Policies {
			if policy == "lru" {
				jobs = append(jobs, &job{Config: c, result: result, policy: policy, lifetime: lifetime, sizes: c.Sizes})
				continue
			}
			for _, size := range c.Sizes {
				jobs = append(jobs, &job{Config: c, result: result, policy: policy, lifetime: lifetime, sizes: []int{size}})
			}
		}
	}
	return jobs
}

func (j *job) run() error {
	r := missratio.Replay{Trace: j.Trace, Sizes: j.sizes, Lifetime: j.lifetime, Resumption: j.Resumption, Seed: j.Seed}
	if j.policy == "lru" && j.Sampling != nil {
		return j.sample(r)
	}
	var points []missratio.Point
	var err error
	switch j.policy {
	case "lru":
		points, err = missratio.LRU(r)
	case "fifo":
		points, err = missratio.FIFO(r)
	case "random":
		points, err = missratio.Random(r)
	case "engine":
		points, err = simulation.Replay(r, j.Probation)
	}
	for _, p := range points {
		j.rows = append(j.rows, Row{Point: p, Lifetime: j.lifetime})
	}
	j.simulated = len(j.Trace.IDs) * len(j.sizes)
	return err
}

func (j *job) sample(r missratio.Replay) error {
	sample, err := missratio.SHARDS(r, *j.Sampling)
	if err != nil {
		return err
	}
	for _, p := range sample.Points {
		requests := len(j.Trace.IDs)
		j.rows = append(j.rows, Row{
			Point:    missratio.Point{Policy: "lru", Size: p.Size, Requests: uint64(requests), Misses: uint64(p.MissRatio*float64(requests) + .5)},
			Lifetime: j.lifetime,
			Estimate: &Estimate{p.MissRatio, p.StandardError},
		})
	}
	j.result.Sample = sample // of the only lru job: samples have no lifetime
	j.simulated = int(sample.Requests)
	return nil
}
