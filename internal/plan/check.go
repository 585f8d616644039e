package plan

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/reprise-tls/reprise/internal/plan/handshake"
	"github.com/reprise-tls/reprise/internal/plan/missratio"
)

// Bounds of a spec.
const (
	MaxNodes      = 10_000
	MaxClients    = 1e11
	MaxHandshakes = 1e9 // a second
)

// Defaults of a spec.
const (
	DefaultProbation   = 25
	DefaultUtilisation = 0.6
	DefaultWait        = Duration(5 * time.Millisecond)
	DefaultPercentile  = 0.99
)

// Complete fills in defaults and what follows from the rest, and reports the
// first thing that makes no sense, by its key.
func (s Spec) Complete() (Spec, error) {
	if s.Probation == nil {
		probation := Whole(DefaultProbation)
		s.Probation = &probation
	}
	if s.Utilisation == 0 {
		s.Utilisation = DefaultUtilisation
	}
	if s.Wait == 0 {
		s.Wait = DefaultWait
	}
	if s.Percentile == 0 {
		s.Percentile = DefaultPercentile
	}
	if err := s.check(); err != nil {
		return Spec{}, err
	}
	s.Populations = slices.Clone(s.Populations)
	for i := range s.Populations {
		p := &s.Populations[i]
		key := fmt.Sprintf("populations[%d]", i)
		if p.Name == "" {
			p.Name = fmt.Sprintf("population %d", i+1)
		}
		if err := p.check(key); err != nil {
			return Spec{}, err
		}
		if err := p.complete(key); err != nil {
			return Spec{}, err
		}
	}
	return s, nil
}

// bad is an error about a value.
func bad(key string, value any, allowed string) error {
	return fmt.Errorf("%w: %s: %v is not allowed; allowed are %s", ErrSpec, key, value, allowed)
}

// share checks what is from 0 to 1.
func share(key string, v float64) error {
	if !(v >= 0 && v <= 1) {
		return bad(key, v, "shares from 0 to 1")
	}
	return nil
}

func (s *Spec) check() error {
	const day = 24 * time.Hour
	switch l := time.Duration(s.Lifetime); {
	case len(s.Populations) == 0:
		return bad("populations", "none", "one or more")
	case l < time.Second || l > missratio.MaxLifetime || l%time.Second != 0:
		return bad("lifetime", l, fmt.Sprintf("whole seconds from 1s to %v, seven days (RFC 8446, section 4.6.1)", 7*day))
	case s.Nodes < 1 || s.Nodes > MaxNodes:
		return bad("nodes", s.Nodes, fmt.Sprintf("whole numbers from 1 to %d", MaxNodes))
	case *s.Probation < 0 || *s.Probation > 100:
		return bad("probation", *s.Probation, "percentages from 0 to 100")
	case !(s.Resumption > 0 && s.Resumption < 1):
		return bad("resumption", s.Resumption, "shares between 0 and 1")
	case !(s.Utilisation > 0 && s.Utilisation < 1):
		return bad("utilisation", s.Utilisation, "shares between 0 and 1")
	case s.Wait < 0:
		return bad("wait", s.Wait, "durations of 0 or more")
	case !(s.Percentile > 0 && s.Percentile < 1):
		return bad("percentile", s.Percentile, "shares between 0 and 1")
	}
	if err := share("affinity", s.Affinity); err != nil {
		return err
	}
	if st := s.Store; st != nil {
		if st.Latency < 0 || time.Duration(st.Latency) > time.Minute {
			return bad("store.latency", st.Latency, "durations from 0 to 1m")
		}
		if err := share("store.hitShare", st.HitShare); err != nil {
			return err
		}
	}
	return s.checkKinds()
}

func (s *Spec) checkKinds() error {
	for name, c := range s.Cost {
		key := "cost." + name
		if _, err := handshake.ParseKind(name); err != nil {
			return bad("cost", name, "tls13, tls12, mtls13 and mtls12")
		}
		for part, d := range map[string]Duration{"full": c.Full, "resumed": c.Resumed} {
			if d <= 0 || time.Duration(d) > time.Minute {
				return bad(key+"."+part, d, "durations above 0 up to 1m")
			}
		}
	}
	for name, n := range s.Memory {
		if _, err := handshake.ParseKind(name); err != nil {
			return bad("memory", name, "tls13, tls12, mtls13 and mtls12")
		}
		if !(n >= 1 && n <= 1<<24) {
			return bad("memory."+name, n, "bytes from 1 to 16777216")
		}
	}
	return nil
}

func (p *Population) check(key string) error {
	switch {
	case !(p.Clients >= 0 && p.Clients <= MaxClients):
		return bad(key+".clients", p.Clients, fmt.Sprintf("0 (not known) to %g", float64(MaxClients)))
	case !(p.Handshakes >= 0 && p.Handshakes <= MaxHandshakes):
		return bad(key+".handshakes", p.Handshakes, fmt.Sprintf("0 (not known) to %g a second", float64(MaxHandshakes)))
	case p.Newcomers == 1:
		return bad(key+".newcomers", p.Newcomers, "shares below 1: somebody must come back")
	}
	for name, v := range map[string]float64{"newcomers": p.Newcomers, "tls12": p.TLS12, "mutual": p.Mutual} {
		if err := share(key+"."+name, v); err != nil {
			return err
		}
	}
	if p.Visits.Kind == "" {
		return bad(key+".visits", "none", "exponential, periodic, lognormal and pareto, with their parameters")
	}
	if err := p.Visits.Check(); err != nil {
		return fmt.Errorf("%w: %s.visits: %w", ErrSpec, key, err)
	}
	return nil
}

// consistent is how far the third of clients, gap and handshakes may be off
// what follows from the other two.
const consistent = 0.02

func (p *Population) complete(key string) error {
	known := 0
	for _, v := range []float64{p.Clients, p.Handshakes, p.Visits.Scale} {
		if v > 0 {
			known++
		}
	}
	switch {
	case known < 2:
		return fmt.Errorf("%w: %s: of clients, handshakes and the scale of visits at least two must be given", ErrSpec, key)
	case p.Clients == 0:
		p.Clients = p.Handshakes * p.Visits.Mean()
	case p.Handshakes == 0:
		p.Handshakes = p.Clients / p.Visits.Mean()
	case p.Visits.Scale == 0:
		p.Visits = p.Visits.WithMean(p.Clients / p.Handshakes)
	default:
		if follows := p.Clients / p.Visits.Mean(); math.Abs(p.Handshakes/follows-1) > consistent {
			return fmt.Errorf("%w: %s: handshakes %v a second contradict %v clients with a mean gap of %.6g s, from which %.6g follow; leave one of them out", ErrSpec, key, p.Handshakes, p.Clients, p.Visits.Mean(), follows)
		}
	}
	if err := p.check(key); err != nil {
		return err
	}
	return nil
}
