package plan

import (
	"fmt"
	"math"

	"github.com/reprise-tls/reprise/internal/plan/queueing"
)

// Schema names the form of an Answer in JSON. A field may be added under the
// same name; anything else changes the number.
const Schema = "reprise-plan/1"

// An Answer is what a plan says. Shares are of all handshakes; a node is one of
// Spec.Nodes that are loaded equally; rates are a second.
type Answer struct {
	Schema string `json:"schema"`
	Spec   Spec   `json:"spec"`

	Handshakes float64 `json:"handshakesPerNode"`

	// Ceiling is the share resumed by caches that never evict, which hold
	// Unevicted sessions. Reachable says whether the share that is wanted is
	// below it; otherwise Capacity is that of such caches.
	Ceiling   float64 `json:"ceiling"`
	Unevicted float64 `json:"unevictedSessions"`
	Reachable bool    `json:"reachable"`

	Capacity   int     `json:"capacity"`   // sessions a node, the fewest with which the share wanted is resumed
	Resumption float64 `json:"resumption"` // with them
	Residence  struct {
		Probation float64 `json:"probation"` // seconds until a session that was never resumed is evicted
		Promoted  float64 `json:"promoted"`  // and any other
	} `json:"residence"`

	Memory struct {
		PerSession float64 `json:"bytesPerSession"`
		PerNode    float64 `json:"bytesPerNode"`
	} `json:"memory"`

	Cores Cores   `json:"cores"`
	Curve []Point `json:"curve"` // what other capacities do

	Store       *StoreGain    `json:"store,omitempty"`
	Sensitivity []Sensitivity `json:"sensitivity"`

	// CapacityRange is within which Capacity is expected if every input may be
	// off by a tenth, independently of the others: their effects on its
	// logarithm are added as squares.
	CapacityRange [2]float64 `json:"capacityRange"`

	Measured    Measured   `json:"measured"`
	Assumptions []string   `json:"assumptions"`
	Warnings    []string   `json:"warnings,omitempty"`
	Rehearsed   *Rehearsed `json:"rehearsed,omitempty"`
}

// Cores are what one node needs for handshakes.
type Cores struct {
	Full        float64 `json:"fullPerSecond"`
	Resumed     float64 `json:"resumedPerSecond"`
	Service     float64 `json:"secondsPerHandshake"` // of one core, on average
	Cores       int     `json:"cores"`
	Low         int     `json:"coresLow"`  // where costs are the measurement's lower quartiles
	High        int     `json:"coresHigh"` // and the upper ones
	Utilisation float64 `json:"utilisation"`
	Wait        float64 `json:"waitAtPercentile"` // seconds
	MeanWait    float64 `json:"meanWait"`         // seconds
	WithoutAny  int     `json:"coresWithoutResumption"`

	// NodeLost is the utilisation where one node's handshakes fall to the
	// others; 0: there is one node.
	NodeLost float64 `json:"utilisationNodeLost"`
}

// A Point is what a capacity does.
type Point struct {
	Capacity   int     `json:"capacity"`
	Resumption float64 `json:"resumption"`
	Bytes      float64 `json:"bytesPerNode"`
}

// A StoreGain is what a shared store would change.
type StoreGain struct {
	Resumption float64 `json:"resumption"`       // with the answer's capacity
	Lookups    float64 `json:"lookupsPerNode"`   // of what the node has not
	Latency    float64 `json:"meanLatencyAdded"` // seconds a handshake, over all
	Cores      int     `json:"cores"`

	// Capacity is the fewest sessions a node with which the share that is
	// wanted is resumed, with the store's help; 0: even with it that is out of
	// reach.
	Capacity int `json:"capacity"`
}

// Solve answers a spec that is complete.
func Solve(s Spec, measured Measured) (*Answer, error) {
	m := newModel(&s, 0)
	a := &Answer{Schema: Schema, Spec: s, Handshakes: m.rate, Measured: measured}
	all := m.unevicted()
	a.Ceiling, a.Unevicted = all.resumed, all.probation+all.promoted
	capacity, reachable := m.smallest(s.Resumption, 1e-4)
	a.Reachable = reachable
	a.Capacity = int(math.Ceil(capacity))
	ages := m.residence(float64(a.Capacity))
	a.Residence.Probation, a.Residence.Promoted = ages.probation, ages.promoted
	a.Resumption = m.total(ages).resumed
	a.Memory.PerSession = m.bytes(ages, measured)
	a.Memory.PerNode = a.Memory.PerSession * float64(a.Capacity)
	var err error
	if a.Cores, err = m.cores(&s, ages, measured); err != nil {
		return nil, err
	}
	for _, part := range []float64{.1, .25, .5, .75, .9, 1.1, 1.5, 2, 4} {
		n := math.Ceil(float64(a.Capacity) * part)
		a.Curve = append(a.Curve, Point{int(n), m.at(n).resumed, n * a.Memory.PerSession})
	}
	if s.Store != nil {
		if err := a.gain(&s, measured); err != nil {
			return nil, err
		}
	}
	if err := a.vary(s, measured); err != nil {
		return nil, err
	}
	a.Assumptions = assumptions(&s)
	a.warn()
	return a, nil
}

// bytes returns what a session weighs on average over those in the cache.
func (m *model) bytes(a ages, measured Measured) float64 {
	sum, sessions := 0.0, 0.0
	for _, f := range m.flows {
		s := f.stay(a)
		n := s.probation + s.promoted
		sessions += n
		sum += n * f.byKind(func(kind string) float64 { return measured.Costs[kind].Bytes })
	}
	return sum / sessions
}

// service returns the seconds of a core that the node's handshakes take on
// average, with the quartile of costs that is asked for, and with every
// handshake full.
func (m *model) service(a ages, measured Measured, quartile func(Priced) (full, resumed float64)) (mean, unresumed float64) {
	for _, f := range m.flows {
		share := f.rate / m.rate
		x := f.stay(a).resumed
		full := f.byKind(func(kind string) float64 { v, _ := quartile(measured.Costs[kind]); return v })
		resumed := f.byKind(func(kind string) float64 { _, v := quartile(measured.Costs[kind]); return v })
		mean += share * ((1-x)*full + x*resumed)
		unresumed += share * full
	}
	return mean, unresumed
}

func median(p Priced) (full, resumed float64) { return p.Full.Median, p.Resumed.Median }
func lower(p Priced) (full, resumed float64)  { return p.Full.Low, p.Resumed.Low }
func upper(p Priced) (full, resumed float64)  { return p.Full.High, p.Resumed.High }

func (m *model) cores(s *Spec, a ages, measured Measured) (c Cores, err error) {
	resumed := m.total(a).resumed
	c.Full, c.Resumed = m.rate*(1-resumed), m.rate*resumed
	size := func(service float64) (queueing.Report, error) {
		return queueing.Smallest(m.rate, service, s.Utilisation, s.Percentile, s.Wait.Seconds())
	}
	var unresumed float64
	c.Service, unresumed = m.service(a, measured, median)
	report, err := size(c.Service)
	if err != nil {
		return c, fmt.Errorf("cores: %w", err)
	}
	c.Cores, c.Utilisation, c.MeanWait = report.Servers(), report.Utilisation, report.MeanWait
	if c.Wait, err = report.Wait(s.Percentile); err != nil {
		return c, fmt.Errorf("cores: %w", err)
	}
	low, _ := m.service(a, measured, lower)
	high, _ := m.service(a, measured, upper)
	for _, part := range []struct {
		service float64
		to      *int
	}{{low, &c.Low}, {high, &c.High}, {unresumed, &c.WithoutAny}} {
		r, err := size(part.service)
		if err != nil {
			return c, fmt.Errorf("cores: %w", err)
		}
		*part.to = r.Servers()
	}
	if s.Nodes > 1 {
		c.NodeLost = c.Utilisation * float64(s.Nodes) / float64(s.Nodes-1)
	}
	return c, nil
}

// gain fills in what the store would change.
func (a *Answer) gain(s *Spec, measured Measured) error {
	m := newModel(s, s.Store.HitShare)
	ages := m.residence(float64(a.Capacity))
	t := m.total(ages)
	cores, err := m.cores(s, ages, measured)
	if err != nil {
		return err
	}
	a.Store = &StoreGain{Resumption: t.resumed, Lookups: m.rate * max(0, m.offered()-t.local), Cores: cores.Cores}
	a.Store.Latency = s.Store.Latency.Seconds() * a.Store.Lookups / m.rate
	if n, reachable := m.smallest(s.Resumption, 1e-4); reachable {
		a.Store.Capacity = int(math.Ceil(n))
	}
	return nil
}

// offered returns the share of handshakes in which a client offers a session:
// it comes back, and keeps no session longer than its lifetime.
func (m *model) offered() (share float64) {
	for _, f := range m.flows {
		share += f.rate / m.rate * f.returns * f.ever
	}
	return share
}
