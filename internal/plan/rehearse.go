package plan

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/reprise-tls/reprise/internal/plan/missratio"
	"github.com/reprise-tls/reprise/internal/plan/simulation"
	"github.com/reprise-tls/reprise/internal/plan/visits"
)

// Rehearsal says how a plan is played through the engine.
type Rehearsal struct {
	// Handshakes is about how many are played, at least 10,000. A fleet that
	// makes more in the time needed is scaled down: clients and caches alike,
	// which changes nothing about shares but their noise.
	Handshakes int

	Seed uint64
}

// A Rehearsed is the outcome of a rehearsal beside what was predicted. Shares
// are of all handshakes.
type Rehearsed struct {
	Predicted float64 `json:"predictedResumption"`
	Resumed   float64 `json:"resumption"`

	// WithStore are the same with the shared store, where the plan has one.
	WithStore *RehearsedStore `json:"withStore,omitempty"`

	Scale      float64       `json:"scale"`      // of clients and caches, at most 1
	Capacity   int           `json:"capacity"`   // of a node, scaled
	Handshakes int           `json:"handshakes"` // that counted
	Simulated  time.Duration `json:"simulatedNs"`
	Seed       uint64        `json:"seed"`
}

// A RehearsedStore is what came of the store.
type RehearsedStore struct {
	Predicted float64 `json:"predictedResumption"`
	Resumed   float64 `json:"resumption"`
	Stored    float64 `json:"fromStore"` // share resumed from the store
}

// Tolerance is how far prediction and outcome of a rehearsal may be apart:
// two points of resumption.
const Tolerance = 0.02

// Off returns by how much the worse of the predictions was wrong.
func (r *Rehearsed) Off() float64 {
	off := math.Abs(r.Resumed - r.Predicted)
	if r.WithStore != nil {
		off = max(off, math.Abs(r.WithStore.Resumed-r.WithStore.Predicted))
	}
	return off
}

// OK reports whether prediction and outcome agree.
func (r *Rehearsed) OK() bool { return r.Off() <= Tolerance }

// MinRehearsal and MaxRehearsal bound Rehearsal.Handshakes.
const (
	MinRehearsal = 10_000
	MaxRehearsal = 1_000_000_000
)

// Rehearse plays a plan: clients with the laws of the spec, as many nodes, each
// with the engine as a server has it and capacity sessions, on a virtual clock.
// Of the time played, the first half again as long as a lifetime does not
// count: by then no session is left from when clients had none. Rehearse ends
// early, with the context's error, when the context does.
func Rehearse(ctx context.Context, s Spec, capacity int, r Rehearsal) (*Rehearsed, error) {
	if r.Handshakes < MinRehearsal || r.Handshakes > MaxRehearsal {
		return nil, fmt.Errorf("rehearsal of %d handshakes; allowed are %d to %d", r.Handshakes, MinRehearsal, MaxRehearsal)
	}
	if capacity < 1 {
		return nil, fmt.Errorf("rehearsal with a capacity of %d; allowed are 1 or more", capacity)
	}
	rate := 0.0
	for _, p := range s.Populations {
		rate += p.Handshakes
	}
	warmUp := 1.5 * s.Lifetime.Seconds()
	// Rare visits need longer than a lifetime to show.
	horizon := max(3*s.Lifetime.Seconds(), warmUp+3600)
	result := &Rehearsed{Scale: min(1, float64(r.Handshakes)/(rate*horizon)), Seed: r.Seed}
	result.Capacity = max(1, int(math.Round(float64(capacity)*result.Scale)))
	if scaled := float64(capacity) * result.Scale; scaled < minScaledCapacity && result.Scale < 1 {
		return nil, fmt.Errorf("rehearsal of %d handshakes would scale the caches down to %.0f sessions; allowed are %d or more, for which %.0f handshakes are needed",
			r.Handshakes, scaled, minScaledCapacity, math.Ceil(rate*horizon*minScaledCapacity/float64(capacity)))
	}
	if result.Scale == 1 {
		// A small fleet plays longer instead.
		horizon = float64(r.Handshakes) / rate
	}
	result.Simulated = time.Duration(horizon * float64(time.Second))
	// The prediction is for what is played: that capacities are rounded, and
	// that smaller caches have more buckets a session, is not its error.
	result.Predicted = newModel(&s, 0).scaled(result.Scale).at(float64(result.Capacity)).resumed
	played, err := play(ctx, s, result, warmUp, 0)
	if err != nil {
		return nil, err
	}
	result.Handshakes = played.handshakes
	result.Resumed = played.share(simulation.Cache)
	if s.Store == nil {
		return result, nil
	}
	played, err = play(ctx, s, result, warmUp, s.Store.HitShare)
	if err != nil {
		return nil, err
	}
	result.WithStore = &RehearsedStore{
		Predicted: newModel(&s, s.Store.HitShare).scaled(result.Scale).at(float64(result.Capacity)).resumed,
		Resumed:   played.share(simulation.Cache) + played.share(simulation.Store),
		Stored:    played.share(simulation.Store),
	}
	return result, nil
}

// minScaledCapacity keeps a scaled cache large enough for its noise to be
// small.
const minScaledCapacity = 200

// performance counts handshakes by where their session came from.
type performance struct {
	handshakes int
	from       [3]int
}

func (p *performance) share(s simulation.Source) float64 {
	return float64(p.from[s]) / float64(p.handshakes)
}

// client is the state of one client.
type client struct {
	ticket simulation.Ticket
	node   int32 // of its visit before
}

// play plays the fleet once.
func play(ctx context.Context, s Spec, r *Rehearsed, warmUp, hitShare float64) (*performance, error) {
	nodes, err := openNodes(s, r)
	defer func() {
		for _, n := range nodes {
			n.Close()
		}
	}()
	if err != nil {
		return nil, err
	}
	stage := newCast(s, r)
	var result performance
	for n := 0; ; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		at, number, class := stage.stream.Next()
		if at > r.Simulated.Seconds() {
			break
		}
		c := &stage.clients[number]
		if stage.random.Float64() < stage.newcomers[class] {
			c.ticket = simulation.Ticket{}
		}
		if c.ticket == (simulation.Ticket{}) || stage.random.Float64() >= s.Affinity {
			c.node = stage.random.Int32N(int32(s.Nodes))
		}
		node := nodes[c.node]
		node.Advance(time.Duration(at * float64(time.Second)))
		stored := hitShare > 0 && stage.random.Float64() < hitShare
		var source simulation.Source
		if c.ticket, source, err = node.Handshake(c.ticket, stage.how[class], stored); err != nil {
			return nil, err
		}
		if at >= warmUp {
			result.handshakes++
			result.from[source]++
		}
	}
	if result.handshakes == 0 {
		return nil, errors.New("rehearsal: no handshake in the time that counts; more handshakes are needed")
	}
	return &result, nil
}

func openNodes(s Spec, r *Rehearsed) (nodes []*simulation.Node, err error) {
	fleet := &simulation.Fleet{Seed: r.Seed}
	for range s.Nodes {
		n, err := fleet.NewNode(simulation.Config{Capacity: r.Capacity, Lifetime: time.Duration(s.Lifetime), ProbationPercent: int(*s.Probation)})
		if err != nil {
			return nodes, err
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

// A cast is the clients of a rehearsal, by class: a population's of one TLS
// version.
type cast struct {
	stream    *visits.Stream
	random    *rand.Rand
	clients   []client
	how       []missratio.Resumption // by class
	newcomers []float64
}

func newCast(s Spec, r *Rehearsed) *cast {
	c := &cast{random: rand.New(rand.NewPCG(r.Seed, 0xca57))}
	newest := missratio.Renew
	if s.SingleUse {
		newest = missratio.SingleUse
	}
	var laws []visits.Law
	var counts []int
	total := 0
	for _, p := range s.Populations {
		for _, part := range []struct {
			share float64
			how   missratio.Resumption
		}{{1 - p.TLS12, newest}, {p.TLS12, missratio.Reuse}} {
			n := int(math.Round(p.Clients * part.share * r.Scale))
			total += n
			laws, counts = append(laws, p.Visits), append(counts, n)
			c.how, c.newcomers = append(c.how, part.how), append(c.newcomers, p.Newcomers)
		}
	}
	c.clients = make([]client, total)
	c.stream = visits.NewStream(laws, counts, r.Seed)
	return c
}
