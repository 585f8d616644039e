package bars

import (
	"fmt"

	"github.com/reprise-tls/reprise/bench/peers/golang"
	"github.com/reprise-tls/reprise/internal/workload"
)

// MinSlices is how many slices a median needs here.
const MinSlices = 10

// A Bar is what the engine is to reach: a ratio of its median to that of
// another target, or a value of its own.
type Bar struct {
	Measure string // what is measured, for people
	Of      Place
	Unit    string

	// Against are the targets whose median the engine's is divided by: the best
	// of them. None: the engine's own value counts.
	Against []string

	// AgainstGoroutines is the number of goroutines there, 0 for the same.
	AgainstGoroutines int

	Bound  float64
	AtMost bool // the bound is the most that is allowed; otherwise the least

	// Kept, if not 0, is the least kept-% that the engine must have there.
	Kept float64

	// Worst also tells the largest value of all slices.
	Worst bool

	// Config is the configuration it must have been measured under.
	Config map[string]string
}

// bound returns the bar for people.
func (b Bar) bound() string {
	sign := "≥"
	if b.AtMost {
		sign = "≤"
	}
	text := fmt.Sprintf("%s %v", sign, b.Bound)
	if b.Kept > 0 {
		text += fmt.Sprintf(", kept ≥ %v %%", b.Kept)
	}
	return text
}

// cleared tells whether the value is what the bar asks for.
func (b Bar) cleared(value float64) bool {
	if b.AtMost {
		return value <= b.Bound
	}
	return value >= b.Bound
}

// against returns the place of another target.
func (b Bar) against(target string) Place {
	p := b.Of
	p.Target = target
	if b.AgainstGoroutines > 0 {
		p.Goroutines = b.AgainstGoroutines
	}
	return p
}

// Configurations: what matters for the figure. Goroutines race for all
// sessions unless a bar says otherwise.
var (
	shared   = map[string]string{"sharing": "shared", "keys": "uniform"}
	disjoint = map[string]string{"sharing": "disjoint", "keys": "uniform"}
	tls13    = map[string]string{"states": "tls13=100"}
)

const (
	engine = "engine"
	libssl = "libssl"
	floor  = "floor"

	million = 1_000_000
)

// Bars returns all bars.
func Bars() []Bar {
	all := againstLibssl()
	all = append(all, againstPeers()...)
	return append(all, alone()...)
}

// at is a place of the engine on 2 goroutines.
func at(kind workload.Kind, sessions int) Place { return Place{kind, engine, sessions, 2} }

func againstLibssl() (bars []Bar) {
	for _, b := range []struct {
		what      string
		of        Place
		times     float64
		keptLeast float64
	}{
		{"churn", at(workload.Churn, million), 4, 0},
		{"churn", at(workload.Churn, 100_000), 5, 0},
		{"churn", at(workload.Churn, 10_000), 4, 0},
		{"identical add", at(workload.Identical, million), 5, 0},
		{"identical add", at(workload.Identical, 10_000), 15, 0},
		{"add to a full cache", at(workload.AddEvict, 20_480), 3.5, 95},
		{"add to a full cache", at(workload.AddEvict, million), 2.5, 95},
		{"expiry-mixed adds", at(workload.ExpiryMixed, 100_000), 100, 0},
	} {
		bars = append(bars, Bar{Measure: b.what + " against libssl", Of: b.of, Unit: "ops/s", Against: []string{libssl}, Bound: b.times, Kept: b.keptLeast, Config: shared})
	}
	return append(bars, Bar{
		Measure: "worst Get during a flush against libssl", Of: at(workload.Flush, million), Unit: "max-ns", Against: []string{libssl},
		Bound: 0.01, AtMost: true, Worst: true, Config: shared,
	})
}

func againstPeers() (bars []Bar) {
	for _, b := range []struct {
		what  string
		kind  workload.Kind
		times float64
	}{
		{"churn", workload.Churn, 1.2},
		{"identical add", workload.Identical, 1.5},
		{"get", workload.Get, 1},
	} {
		for _, sessions := range []int{million, 10_000} {
			bars = append(bars, Bar{Measure: b.what + " against the best Go peer", Of: at(b.kind, sessions), Unit: "ops/s", Against: equals(), Bound: b.times, Config: shared})
		}
	}
	return bars
}

// equals returns the Go targets that the engine is to be ahead of: those with
// the same semantics, and those that lack only expiry. They do less than the
// engine, since no bar against them needs a session to expire, so that with
// them the bars are higher.
func equals() (targets []string) {
	for _, p := range golang.Peers() {
		p.Expiry = golang.Yes
		if p.SameSemantics() {
			targets = append(targets, p.Name)
		}
	}
	return targets
}

// alone are the bars that no peer has a part in.
func alone() []Bar {
	return []Bar{
		{Measure: "churn, 2 goroutines against 1", Of: at(workload.Churn, million), Unit: "ops/s", Against: []string{engine}, AgainstGoroutines: 1, Bound: 1.85, Config: disjoint},
		{Measure: "churn, 2 goroutines against 1", Of: at(workload.Churn, 10_000), Unit: "ops/s", Against: []string{engine}, AgainstGoroutines: 1, Bound: 1.6, Config: disjoint},
		{Measure: "churn, time against the floor's", Of: at(workload.Churn, million), Unit: "ns/op", Against: []string{floor}, Bound: 1.6, AtMost: true, Config: shared},
		{Measure: "heap a TLS 1.3 session", Of: at(workload.Churn, million), Unit: "B/session", Bound: 240, AtMost: true, Config: tls13},
		{Measure: "the table's share of it", Of: at(workload.Churn, million), Unit: "table-B/session", Bound: 32, AtMost: true, Config: tls13},
	}
}
