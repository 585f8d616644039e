package plan

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/reprise-tls/reprise/internal/plan/handshake"
	"github.com/reprise-tls/reprise/internal/plan/missratio"
)

var examples = []string{"edge-pop", "corporate-mtls", "mobile-api"}

func example(t *testing.T, name string) Spec {
	t.Helper()
	s, err := Load("../../examples/plans/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// given stands for measurements.
func given() Measured {
	m := Measured{Costs: make(map[string]Priced)}
	for _, k := range handshake.Kinds() {
		m.Costs[k.String()] = Priced{
			Full:    handshake.Cost{Median: 300e-6, Low: 280e-6, High: 350e-6, Count: 20},
			Resumed: handshake.Cost{Median: 100e-6, Low: 90e-6, High: 130e-6, Count: 20}, Bytes: 220, Weighed: true, StateLen: 57,
		}
	}
	return m
}

func solve(t *testing.T, s Spec) *Answer {
	t.Helper()
	a, err := Solve(s, given())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// What the plan predicts is what the engine does, within two points.
func TestExamplesAreRehearsed(t *testing.T) {
	for _, name := range examples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := example(t, name)
			capacity, reachable := newModel(&s, 0).smallest(s.Resumption, 1e-3)
			if resumed := newModel(&s, 0).at(capacity).resumed; !reachable || math.Abs(resumed-s.Resumption) > .002 {
				t.Errorf("%.0f sessions resume %.4f, wanted is %.4f", capacity, resumed, s.Resumption)
			}
			r, err := Rehearse(context.Background(), s, int(capacity), Rehearsal{Handshakes: 100_000, Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%+v %+v", *r, r.WithStore)
			if !r.OK() {
				t.Errorf("predicted %.4f, resumed %.4f; with the store %+v", r.Predicted, r.Resumed, r.WithStore)
			}
		})
	}
}

// parse completes a spec of one population.
func parse(t *testing.T, population, rest string) Spec {
	t.Helper()
	s, err := Parse([]byte("name: test\npopulations:\n  - {" + population + "}\n" + rest))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s is %.6g, want %.6g", what, got, want)
	}
}

// Where there are closed forms the model agrees with them.
func TestClosedForms(t *testing.T) {
	const one = "\nnodes: 1\nresumption: 0.5\nprobation: 100\n"
	// TLS 1.3 as DESIGN has it: a return hits iff its gap is below capacity / rate.
	m := newModel(new(parse(t, `clients: 100000, visits: "exponential:mean=1000s"`, "lifetime: 1h"+one)), 0)
	for _, capacity := range []float64{20_000, 50_000, 100_000} {
		near(t, "residence", m.residence(capacity).promoted, capacity/100, .01)
		near(t, "TLS 1.3", m.at(capacity).resumed, 1-math.Exp(-capacity/100/1000), .005)
	}
	for _, visits := range []string{"exponential:mean=1000s", "lognormal:median=500s,sigma=1.5", "pareto:minimum=300s,alpha=1.4", "periodic:period=800s,jitter=0.9"} {
		for _, lifetime := range []string{"1h", "600s"} {
			s := parse(t, `clients: 100000, visits: "`+visits+`"`, "lifetime: "+lifetime+one)
			p := s.Populations[0]
			for _, seconds := range []float64{400, 900, 2000} {
				near(t, "TLS 1.3 of "+visits, newModel(&s, 0).at(p.Handshakes*seconds).resumed, p.Visits.Within(min(seconds, s.Lifetime.Seconds())), .01)
			}
		}
	}
	near(t, "TLS 1.3 by lifetime", m.at(1e9).resumed, missratio.PoissonSliding(3.6), 1e-9)
	near(t, "the sessions unevicted", m.unevicted().probation+m.unevicted().promoted, 100*3600, 1e-6)
	// TLS 1.2: Che's approximation for FIFO, where all clients are alike: the hit
	// ratio is what of the clients is in the cache.
	m = newModel(new(parse(t, `clients: 100000, visits: "exponential:mean=1000s", tls12: 1`, "lifetime: 168h"+one)), 0)
	for _, share := range []float64{.2, .5, .9} {
		near(t, "TLS 1.2", m.at(share*100_000).resumed, share, .01)
	}
	m = newModel(new(parse(t, `clients: 100000, visits: "exponential:mean=1000s", tls12: 1`, "lifetime: 1000s"+one)), 0)
	near(t, "TLS 1.2 by lifetime", m.at(1e9).resumed, missratio.PoissonFixed(1), 1e-9)
	m = newModel(new(parse(t, `clients: 1000, visits: "periodic:period=100s", tls12: 1`, "lifetime: 350s"+one)), 0)
	near(t, "periodic TLS 1.2", m.at(1e9).resumed, missratio.PeriodicFixed(350, 100), 1e-9)
	// Single use: a cache for all clients never evicts a session that is wanted.
	m = newModel(new(parse(t, `clients: 1000, visits: "periodic:period=100s"`, "singleUse: true\nlifetime: 350s"+one)), 0)
	near(t, "periodic single use", m.at(1001).resumed, 1, 1e-9)
	// Without affinity n nodes resume an n-th (Cloudflare, 2015); newcomers never.
	for _, nodes := range []string{"4", "8"} {
		s := parse(t, `clients: 1000, visits: "periodic:period=100s", newcomers: 0.2`, "lifetime: 350s\nresumption: 0.1\nnodes: "+nodes)
		near(t, nodes+" nodes", newModel(&s, 0).at(1e9).resumed, .8/float64(s.Nodes), 1e-9)
		near(t, nodes+" nodes with a store", newModel(&s, 1).at(1e9).resumed, .8, 1e-9)
	}
}

// Of clients, gaps and handshakes each follows from the others.
func TestThirdOfThree(t *testing.T) {
	const rest = "lifetime: 1h\nnodes: 2\nresumption: 0.5"
	for _, population := range []string{
		`clients: 6000, visits: "pareto:minimum=20s,alpha=1.5"`, `handshakes: 100, visits: "pareto:minimum=20s,alpha=1.5"`,
		`clients: 6000, handshakes: 100, visits: "pareto:alpha=1.5"`, `clients: 6000, handshakes: 100, visits: "pareto:minimum=20s,alpha=1.5"`,
	} {
		p := parse(t, population, rest).Populations[0]
		near(t, "clients", p.Clients, 6000, 1e-6)
		near(t, "handshakes", p.Handshakes, 100, 1e-9)
		near(t, "the minimum", p.Visits.Scale, 20, 1e-9)
	}
}

// Nonsense is refused by name.
func TestNonsense(t *testing.T) {
	const population = "populations:\n  - {clients: 1000, visits: \"exponential:mean=60s\"}\n"
	const good = population + "lifetime: 1h\nnodes: 2\nresumption: 0.5\n"
	if _, err := Parse([]byte(good)); err != nil {
		t.Fatal(err)
	}
	change := func(from, to string) string { return strings.Replace(good, from, to, 1) }
	for text, want := range map[string]string{
		"":                                                        "it is empty",
		good + "---\nname: x":                                     "more than one document",
		good + "lifetme: 1h":                                      `line 6: key "lifetme" is not known`,
		change("{clients", "{clint: 1, clients"):                  `line 2: key "clint" is not known`,
		change("1h", "169h"):                                      "lifetime: 169h0m0s is not allowed; allowed are whole seconds from 1s to 168h0m0s, seven days (RFC 8446",
		change("1h", "500ms"):                                     "lifetime: 500ms",
		change("1h", "-1h"):                                       "lifetime: -1h",
		change("1h", "3600"):                                      `"3600" is not a duration`,
		change("nodes: 2", "nodes: 0"):                            "nodes: 0 is not allowed; allowed are whole numbers from 1",
		change("nodes: 2", "nodes: -1"):                           "nodes: -1",
		change("nodes: 2", "nodes: 1.5"):                          `"1.5" is not a whole number`,
		change("0.5", "0"):                                        "resumption: 0 is not allowed; allowed are shares between 0 and 1",
		change("0.5", "1"):                                        "resumption: 1",
		change("0.5", ".nan"):                                     "resumption: NaN",
		change("clients: 1000", "clients: -5"):                    "populations[0].clients: -5",
		change("clients: 1000", "clients: .nan"):                  "populations[0].clients: NaN",
		change("clients: 1000", "clients: .inf"):                  "populations[0].clients: +Inf",
		change("clients: 1000", "handshakes: -1"):                 "populations[0].handshakes: -1",
		change("clients: 1000", "newcomers: 0"):                   "at least two must be given",
		change("clients: 1000", "clients: 1000, handshakes: 1"):   "populations[0]: handshakes 1 a second contradict 1000 clients",
		change("clients: 1000", "clients: 1000, newcomers: 1"):    "populations[0].newcomers: 1",
		change("clients: 1000", "clients: 1000, mutual: 1.1"):     "populations[0].mutual: 1.1 is not allowed; allowed are shares from 0 to 1",
		change("clients: 1000", "clients: 1000, tls12: -0.1"):     "populations[0].tls12: -0.1",
		change("exponential:mean=60s", "exponential:mean=-60s"):   `mean "-60s"`,
		change("exponential:mean=60s", "uniform"):                 `"uniform"; allowed are exponential`,
		change(", visits: \"exponential:mean=60s\"", ""):          "populations[0].visits: none",
		strings.Replace(good, population, "populations: []\n", 1): "populations: none",
		good + "affinity: 2":                                      "affinity: 2",
		good + "probation: 101":                                   "probation: 101",
		good + "utilisation: 1":                                   "utilisation: 1",
		good + "percentile: 1":                                    "percentile: 1",
		good + "wait: -1s":                                        "wait: -1s",
		good + "store: {latency: -1s, hitShare: 1}":               "store.latency: -1s",
		good + "store: {latency: 1ms, hitShare: .nan}":            "store.hitShare: NaN",
		good + "cost: {ssl3: {full: 1ms, resumed: 1ms}}":          "cost: ssl3",
		good + "cost: {tls13: {full: 1ms}}":                       "cost.tls13.resumed: 0s",
		good + "memory: {tls13: .inf}":                            "memory.tls13: +Inf",
	} {
		if s, err := Parse([]byte(text)); !errors.Is(err, ErrSpec) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n  gives %+v, %v; want %q", text, s, err, want)
		}
	}
	if _, err := Load("absent.yaml"); err == nil {
		t.Error("an absent file is a plan")
	}
}

// What is out of reach is said, with what would reach it.
func TestOutOfReach(t *testing.T) {
	s := example(t, "mobile-api")
	s.Populations[0].TLS12 = 0 // the same, sooner
	s.Resumption = .8
	a := solve(t, s)
	if a.Reachable || a.Resumption >= .8 || len(a.Warnings) < 2 || !strings.Contains(a.Warnings[0], "80.0 % resumption is out of reach") || !strings.Contains(a.Warnings[1], "store would reach it") {
		t.Errorf("%v, %v: %q", a.Reachable, a.Resumption, a.Warnings)
	}
	if a.Store.Capacity < 1 || float64(a.Store.Capacity) > a.Unevicted {
		t.Errorf("with the store %d sessions are needed", a.Store.Capacity)
	}
}

// The answer moves the way it must, and its cores follow M/M/c.
func TestAnswer(t *testing.T) {
	s := example(t, "corporate-mtls")
	a := solve(t, s)
	c := a.Cores
	near(t, "handshakes", c.Full+c.Resumed, a.Handshakes, 1e-6)
	near(t, "a handshake", c.Service, (1-a.Resumption)*300e-6+a.Resumption*100e-6, 1e-9)
	near(t, "utilisation", c.Utilisation, a.Handshakes*c.Service/float64(c.Cores), 1e-12)
	if c.Wait > s.Wait.Seconds() || c.Utilisation > s.Utilisation || c.Low > c.Cores || c.Cores > c.High || c.High > c.WithoutAny {
		t.Errorf("%+v", c)
	}
	near(t, "the other node's load", c.NodeLost, 2*c.Utilisation, 1e-12)
	near(t, "memory", a.Memory.PerNode, 220*float64(a.Capacity), 1e-3)
	for i := 1; i < len(a.Curve); i++ {
		if a.Curve[i].Resumption < a.Curve[i-1].Resumption-1e-3 {
			t.Errorf("more cache resumes less: %+v after %+v", a.Curve[i], a.Curve[i-1])
		}
	}
	if a.CapacityRange[0] >= float64(a.Capacity) || a.CapacityRange[1] <= float64(a.Capacity) {
		t.Errorf("%d is not within %v", a.Capacity, a.CapacityRange)
	}
	rows := make(map[string]Sensitivity)
	for _, r := range a.Sensitivity {
		rows[r.Input] = r
	}
	if r := rows["clients (at the same gaps)"]; r.Elasticity == nil || *r.Elasticity < .9 || *r.Elasticity > 1.1 {
		t.Errorf("as many clients more, as much cache more: %+v", r)
	}
	if r := rows["cost of full handshakes"]; r.Less.Capacity != r.More.Capacity || r.More.Cores < r.Less.Cores {
		t.Errorf("costs change cores and no cache: %+v", r)
	}
	if r := rows["resumption wanted"]; r.Less.Capacity >= a.Capacity || r.More.Capacity <= a.Capacity {
		t.Errorf("to want more takes more: %+v", r)
	}
}

func TestOutput(t *testing.T) {
	s := example(t, "mobile-api")
	s.Populations[0].TLS12 = 0 // the same, sooner
	a := solve(t, s)
	a.Rehearsed = &Rehearsed{Predicted: .5, Resumed: .6, Scale: .5, WithStore: &RehearsedStore{Predicted: .7, Resumed: .7}}
	var text, out bytes.Buffer
	if err := errors.Join(a.Text(&text), a.JSON(&out)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"mobile API: 8 nodes", "1,125 handshakes a second each", "with the store", "elasticity", "tls13", "57 B of them", "+10.00 points", "They do NOT agree", "Assumptions", "Poisson"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &text)
		}
	}
	var back Answer
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || back.Schema != "reprise-plan/1" || back.Capacity != a.Capacity || back.Spec.Lifetime != s.Lifetime || len(back.Assumptions) == 0 {
		t.Errorf("%v: %s", err, &out)
	}
}

// What the spec gives is taken, what it does not give is measured.
func TestMeasure(t *testing.T) {
	s := parse(t, `clients: 1000, visits: "exponential:mean=60s", mutual: 0.5`,
		"lifetime: 1h\nnodes: 2\nresumption: 0.5\ncost: {tls13: {full: 1ms, resumed: 2ms}}\nmemory: {tls13: 300}")
	m, err := Measure(s, handshake.MinCount)
	if err != nil || len(m.Costs) != 2 {
		t.Fatalf("%+v, %v", m, err)
	}
	if p := m.Costs["tls13"]; p.Full.Median != 1e-3 || p.Resumed.Median != 2e-3 || p.Full.Count != 0 || p.Bytes != 300 || p.Weighed {
		t.Errorf("given: %+v", p)
	}
	// 128 bytes of session, its state, and a bucket of 16 at least.
	if p := m.Costs["mtls13"]; p.Full.Count != handshake.MinCount || !p.Weighed || p.Bytes < float64(128+16+p.StateLen) || p.Bytes > float64(128+64+2*p.StateLen) {
		t.Errorf("measured: %+v", p)
	}
}

func TestRehearsalRefusals(t *testing.T) {
	s := example(t, "edge-pop")
	for _, c := range []struct {
		capacity, handshakes int
		want                 string
	}{{0, 20_000, "capacity of 0"}, {1000, 9999, "allowed are 10000"}, {1000, 20_000, "allowed are 200 or more"}} {
		if r, err := Rehearse(context.Background(), s, c.capacity, Rehearsal{Handshakes: c.handshakes}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %+v, %v", c, r, err)
		}
	}
	ended, end := context.WithCancel(context.Background())
	end()
	if _, err := Rehearse(ended, s, 4_000_000, Rehearsal{Handshakes: 250_000}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}
