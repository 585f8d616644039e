package scenario

import (
	"errors"
	"fmt"
	"math"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/reprise-tls/reprise/internal/trace"
	"github.com/reprise-tls/reprise/internal/workload"
)

// The tables of this file are the schema: what is read, and what
// docs/workloads.md lists.

func keysOf(s *Scenario) []key {
	return []key{
		scalar("name", "letters, digits and hyphens", "scenario", "What results are called.", func(v string) (err error) { s.Name, err = parseName(v); return }),
		scalar("seed", "0 to 2^64-1", "1", "Of everything that is drawn: the same on any machine.", func(v string) (err error) { s.Seed, err = parseSeed(v); return }),
		scalar("goroutines", "1 to 4096", "the processors", "How many share the traffic. What clients do does not depend on it.", whole(&s.Goroutines, 1, 4096)),
		scalar("capacity", "0 to 100000000", "20480", "Sessions that the cache has room for; 0: no bound.", whole(&s.Capacity, 0, workload.MaxSessions)),
		scalar("lifetime", "a law of times", "fixed:2h", "How long sessions live, by the clock, rounded up to seconds.", times(&s.Lifetime)),
		scalar("speedup", "1 to 1000000", "1", "Seconds of the clock a second.", number(&s.Speedup, 1, MaxSpeedup)),
		scalar("deadline", "a time", "1ms", "A request of an open loop that ends later after its intended start has missed it.", duration(&s.Deadline, time.Nanosecond, time.Hour)),
		scalar("block", "a time", "5s", "How long a target's turn is, where there are several.", duration(&s.Block, 100*time.Millisecond, time.Hour)),
		scalar("sample", "0 to 1000000", "64", "In a closed loop of operations one in so many is timed; 0: none. All other requests are timed.", whole(&s.Sample, 0, 1_000_000)),
		scalar("states", "NAME=PERCENT,... of tls13, tls12, mtls13, mtls12", workload.DefaultStateMix.String(), "Handshakes that states come from, of operations and traces. Populations have tls12 and mtls.", func(v string) (err error) { s.States, err = workload.ParseStateMix(v); return }),
		{"operations", "a mapping", "", "Traffic drawn by laws. One of operations, populations and trace is wanted.", func(d *decoder, n *yaml.Node, path string) error {
			s.Operations = &Operations{Sessions: 100_000, Mix: workload.DefaultMix}
			d.mapping(n, path, operationKeys(s.Operations))
			return nil
		}},
		{"populations", "a list of mappings", "", "Traffic of clients that come back.", func(d *decoder, n *yaml.Node, path string) error {
			return d.sequence(n, path, MaxPopulations, func(n *yaml.Node, path string) {
				p := defaultPopulation()
				d.mapping(n, path, populationKeys(&p))
				s.Populations = append(s.Populations, p)
			})
		}},
		{"trace", "a mapping", "", "Traffic of a file.", func(d *decoder, n *yaml.Node, path string) error {
			s.Trace = &Trace{Format: trace.Auto, Passes: 1}
			d.mapping(n, path, traceKeys(s.Trace))
			return nil
		}},
		{"phases", "a list of mappings", "fill, warm-up, 30 s of measure", "What is done, one after the other.", func(d *decoder, n *yaml.Node, path string) error {
			s.Phases = nil
			return d.sequence(n, path, MaxPhases, func(n *yaml.Node, path string) {
				p := Phase{Steady: 0.02}
				before := len(d.errs)
				d.mapping(n, path, phaseKeys(&p))
				if err := p.complete(); err != nil && len(d.errs) == before {
					d.fail(n, path, err)
				}
				s.Phases = append(s.Phases, p)
			})
		}},
	}
}

func operationKeys(o *Operations) []key {
	return []key{
		scalar("sessions", "1 to 100000000", "100000", "Session ids.", whole(&o.Sessions, 1, workload.MaxSessions)),
		scalar("keys", "a key law", "uniform", "How often each is used.", func(v string) (err error) { o.Keys, err = workload.ParseLaw(v); return }),
		scalar("mix", "NAME=PERCENT,... of get, add, remove, resume", workload.DefaultMix.String(), "What is done with them. `resume` is a lookup, and an add where it finds nothing.", func(v string) (err error) { o.Mix, err = workload.ParseMix(v); return }),
	}
}

func populationKeys(p *Population) []key {
	return []key{
		scalar("name", "letters, digits and hyphens", "clients", "What errors call it.", func(v string) (err error) { p.Name, err = parseName(v); return }),
		scalar("clients", "0 to 100000000", "10000", "Clients at the beginning, each with a session of an earlier visit.", whole(&p.Clients, 0, MaxClients)),
		scalar("rate", "0 to 1000000", "0", "New clients a second of the clock.", number(&p.Rate, 0, 1e6)),
		scalar("arrivals", "poisson, uniform, bursts:N", "poisson", "How new clients arrive.", arrivals(&p.Arrivals)),
		scalar("visits", "0, or 1 to 1000000", "0", "Visits of a client on average, geometrically distributed; 0: it comes back for ever.", func(v string) error {
			if err := number(&p.Visits, 0, 1e6)(v); err != nil || p.Visits > 0 && p.Visits < 1 {
				return fmt.Errorf("%q is not allowed; allowed are 0 and numbers from 1 to 1000000", v)
			}
			return nil
		}),
		scalar("connections", "1 to 64", "1", "Connections of a visit, at once. With TLS 1.3 each offers a session of its own, as long as the client has any.", whole(&p.Connections, 1, MaxConnections)),
		scalar("sessions", "1 to 64", "1", "Sessions that a client keeps, the newest.", whole(&p.Sessions, 1, MaxHeld)),
		scalar("gap", "a law of times", "lognormal:10m:1.5", "From a visit to the next, by the clock.", times(&p.Gap)),
		scalar("tls12", "0% to 100%", "20%", "Clients that speak TLS 1.2, whose session keeps its id. The others speak TLS 1.3, where every handshake makes a new session.", share(&p.TLS12)),
		scalar("mtls", "0% to 100%", "0%", "Clients that show certificates, whose states are larger.", share(&p.MutualTLS)),
		scalar("aborted", "0% to 100%", "0%", "Handshakes that end after the lookup; nothing is added.", share(&p.Aborted)),
		scalar("roaming", "0% to 100%", "0%", "Returns that meet another node than the one before did: what such a client offers, this node does not have.", share(&p.Roaming)),
		scalar("single-use", "true, false", "false", "Whether a session that was resumed is removed (RFC 8446, section 8.1).", truth(&p.SingleUse)),
	}
}

func traceKeys(t *Trace) []key {
	return []key{
		scalar("file", "a path", "", "The file, from where the program runs.", func(v string) error { t.File = v; return nonEmpty(v) }),
		scalar("format", "auto, lines, csv, oracleGeneral", "auto", "How it is written; auto goes by its name.", func(v string) (err error) { t.Format, err = trace.ParseFormat(v); return }),
		scalar("id-column", "a name", "id", "The column of a CSV file that has the ids.", func(v string) error { t.IDColumn = v; return nonEmpty(v) }),
		scalar("time-column", "a name", "", "The column that has the times, in seconds.", func(v string) error { t.TimeColumn = v; return nonEmpty(v) }),
		scalar("times", "true, false", "false", "Whether requests begin at the trace's times, by the clock, instead of as the phase says.", truth(&t.Times)),
		scalar("passes", "0 to 1000000", "1", "How often it is played; 0: as long as there is time. The clock goes on.", whole(&t.Passes, 0, 1_000_000)),
	}
}

func phaseKeys(p *Phase) []key {
	return []key{
		scalar("phase", "fill, warm-up, measure, storm, drain", "", "What it is for. `fill` puts all sessions into the cache, as fast as it takes them, while the clock stands. `warm-up` plays the traffic until hit rate and occupancy are steady. Only intervals of `measure` and `storm` are samples. `drain` offers nothing, and flushes.", func(v string) error {
			for _, k := range []PhaseKind{Fill, WarmUp, Measure, Storm, Drain} {
				if v == string(k) {
					p.Kind = k
					return nil
				}
			}
			return fmt.Errorf("%q is not allowed; allowed are fill, warm-up, measure, storm and drain", v)
		}),
		scalar("name", "letters, digits and hyphens", "the phase", "What results are called.", func(v string) (err error) { p.Name, err = parseName(v); return }),
		scalar("for", "a time", "30s", "How long it is; of warm-up, at most. Not of fill.", duration(&p.For, time.Millisecond, MaxPhaseTime)),
		scalar("rate", "0 to 1000000000", "0", "Requests a second, of operations and traces; 0 closes the loop. Populations have their own.", number(&p.Rate, 0, MaxRate)),
		scalar("arrivals", "poisson, uniform, bursts:N", "poisson", "How they arrive.", arrivals(&p.Arrivals)),
		scalar("steady", "0% to 100%", "2%", "By how much hit rate and occupancy may change within four intervals that count as steady, of warm-up.", share(&p.Steady)),
		scalar("returning", "0% to 100%", "0%", "Clients that come back in a storm, whenever they were to come.", share(&p.Returning)),
		scalar("within", "a time", "1m", "Within how much time of the clock they do.", duration(&p.Within, time.Millisecond, MaxTime)),
	}
}

// Default returns a scenario with every key's default, without traffic.
func Default() Scenario {
	return Scenario{
		Name: "scenario", Seed: 1, Goroutines: processors(), Capacity: 20480, Lifetime: fixed(2 * time.Hour), Speedup: 1,
		Deadline: time.Millisecond, Block: 5 * time.Second, Sample: 64, States: workload.DefaultStateMix,
		Phases: []Phase{
			{Kind: Fill, Name: string(Fill)},
			{Kind: WarmUp, Name: string(WarmUp), For: 30 * time.Second, Steady: 0.02},
			{Kind: Measure, Name: string(Measure), For: 30 * time.Second},
		},
	}
}

func fixed(d time.Duration) Times { return Times{kind: "fixed", a: float64(d)} }

func defaultPopulation() Population {
	return Population{
		Name: "clients", Clients: 10_000, Connections: 1, Sessions: 1,
		Gap: Times{kind: "lognormal", a: float64(10 * time.Minute), b: 1.5}, TLS12: 0.2,
	}
}

func nonEmpty(v string) error {
	if v == "" {
		return errors.New("empty; a name is wanted")
	}
	return nil
}

// finite tells whether ParseFloat gave a number in a range.
func finite(x, low, high float64) bool { return !math.IsNaN(x) && x >= low && x <= high }
