package scenario

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/reprise-tls/reprise/internal/workload"
)

// complete sets what depends on the kind of the phase and reports keys that do
// not belong to it.
func (p *Phase) complete() error {
	if p.Kind == "" {
		return errors.New("the key phase is missing; allowed are fill, warm-up, measure, storm and drain")
	}
	if p.Name == "" {
		p.Name = string(p.Kind)
	}
	if p.Kind == Fill && p.For != 0 {
		return fmt.Errorf("for is %v; a fill takes as long as it takes, and none is allowed", p.For)
	}
	if (p.Kind == Fill || p.Kind == Drain) && p.Rate != 0 {
		return fmt.Errorf("rate is %s; allowed is none in a phase %s", plain(p.Rate), p.Kind)
	}
	if p.Kind != Storm && (p.Returning != 0 || p.Within != 0) {
		return fmt.Errorf("returning or within in a phase %s; allowed in a storm only", p.Kind)
	}
	if p.Kind != Fill && p.For == 0 {
		p.For = 30 * time.Second
	}
	if p.Kind == Storm && p.Within == 0 {
		p.Within = time.Minute
	}
	return nil
}

// complete reports what is wrong with the scenario as a whole.
func (s *Scenario) complete() error {
	kinds := 0
	for _, there := range []bool{s.Operations != nil, s.Populations != nil, s.Trace != nil} {
		kinds += bit(there)
	}
	if kinds != 1 {
		return fmt.Errorf("%d of operations, populations and trace are given; exactly one is wanted", kinds)
	}
	if s.Trace != nil && s.Trace.File == "" {
		return errors.New("trace.file is missing; the name of a file is wanted")
	}
	for i, p := range s.Populations {
		if p.Clients == 0 && p.Rate == 0 {
			return fmt.Errorf("populations[%d]: %s has neither clients nor a rate of new ones; one is wanted", i, p.Name)
		}
	}
	if s.Operations != nil && s.Operations.Sessions > 1<<workload.KeyBits-1 {
		return fmt.Errorf("operations.sessions is %d; allowed are up to %d", s.Operations.Sessions, 1<<workload.KeyBits-1)
	}
	var seen []string
	for i, p := range s.Phases {
		if err := s.checkPhase(p); err != nil {
			return fmt.Errorf("phases[%d]: %w", i, err)
		}
		if slices.Contains(seen, p.Name) {
			return fmt.Errorf("phases[%d]: the name %q is another phase's; give each a name of its own", i, p.Name)
		}
		seen = append(seen, p.Name)
	}
	if !slices.ContainsFunc(s.Phases, Phase.Measured) {
		return errors.New("phases: none is measured; at least one of measure and storm is wanted")
	}
	return nil
}

func (s *Scenario) checkPhase(p Phase) error {
	switch {
	case p.Kind == Fill && s.Trace != nil:
		return errors.New("a trace cannot fill a cache, it has no sessions from before; a warm-up can")
	case p.Rate != 0 && s.Populations != nil:
		return fmt.Errorf("rate is %s, but populations come at the rates of their clients; none is allowed", plain(p.Rate))
	case p.Rate != 0 && s.Trace != nil && s.Trace.Times:
		return fmt.Errorf("rate is %s, but the trace is played at its own times; none is allowed", plain(p.Rate))
	case p.Returning != 0 && s.Populations == nil:
		return errors.New("returning needs populations; only they have clients that could come back")
	case p.Kind == Storm && p.Returning == 0 && p.Rate == 0:
		return errors.New("a storm needs returning, of populations, or a rate, of operations and traces")
	}
	return nil
}

// Check reports what is wrong with a scenario that was put together from
// flags.
func (s *Scenario) Check() error { return s.complete() }

// OpenLoop tells whether requests of a phase have a time at which they are to
// begin.
func (s *Scenario) OpenLoop(p Phase) bool {
	return p.Kind != Fill && p.Kind != Drain && (p.Rate > 0 || s.Populations != nil || s.Trace != nil && s.Trace.Times)
}

// StateMix returns the mix of states that the traffic needs.
func (s *Scenario) StateMix() workload.StateMix {
	if s.Populations == nil {
		return s.States
	}
	// Which kinds, not how many: each client asks for its own.
	return workload.StateMix{TLS13: 25, TLS12: 25, MutualTLS13: 25, MutualTLS12: 25}
}

// Hash names the scenario by what it says: the first twelve digits of a hash
// that differs where two scenarios do.
func (s *Scenario) Hash() string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("scenario: %v", err)) // it consists of texts and numbers
	}
	return fmt.Sprintf("%x", sha256.Sum256(text))[:12]
}
