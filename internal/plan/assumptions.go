package plan

import "fmt"

// assumptions are what the answer takes for granted.
func assumptions(s *Spec) []string {
	list := []string{
		"Gaps between the visits of a client are independent of each other and follow the law given; traffic is steady, without days and nights: plan for the busiest hour.",
		"A client offers its latest session whenever it comes back, however late. Sessions it forgets earlier are to be counted as newcomers.",
		"Nodes are loaded equally; returns that affinity does not steer go to any node.",
		fmt.Sprintf("Sessions have one lifetime, %v, counted from their creation; the engine evicts the earliest to expire, and from probation (%d %% of the cache) first.", s.Lifetime, *s.Probation),
		"TLS 1.3 makes a new session in every handshake; TLS 1.2 keeps one, with its lifetime, through all resumptions.",
		fmt.Sprintf("Handshakes arrive independently of each other (Poisson) and their costs vary exponentially (M/M/c); cores are for handshakes alone, at most %.0f %% busy, %.4g %% of handshakes wait at most %v.", 100*s.Utilisation, 100*s.Percentile, s.Wait),
		"Costs are medians of handshakes on this machine and Go's crypto/tls with P-256 certificates, unless they were given. The collector needs up to as much memory again as the sessions (GOGC=100).",
	}
	if s.SingleUse {
		list = append(list, "A TLS 1.3 session is taken out of the cache when it is resumed on its node; one whose client went elsewhere stays until it is evicted.")
	} else {
		list = append(list, "A TLS 1.3 session that was resumed stays in the cache until it is evicted or expires.")
	}
	if s.Store != nil {
		list = append(list, "The shared store holds every session for its lifetime; the share of lookups it answers in time is the one given.")
	}
	return list
}

// cliff is the loss of resumption from a tenth less cache that is worth a
// warning.
const cliff = 0.05

// warn notes what is likely to disappoint.
func (a *Answer) warn() {
	note := func(format string, arguments ...any) {
		a.Warnings = append(a.Warnings, fmt.Sprintf(format, arguments...))
	}
	if !a.Reachable {
		note("%.1f %% resumption is out of reach: without any eviction it is %.1f %%. What limits it is the lifetime, newcomers and, with %d nodes, the affinity of %.0f %%.",
			100*a.Spec.Resumption, 100*a.Ceiling, a.Spec.Nodes, 100*a.Spec.Affinity)
		if a.Store != nil && a.Store.Resumption >= a.Spec.Resumption {
			note("The shared store would reach it: %.1f %%.", 100*a.Store.Resumption)
		}
	}
	for _, p := range a.Curve {
		if lost := a.Resumption - p.Resumption; p.Capacity < a.Capacity && float64(p.Capacity) > 0.85*float64(a.Capacity) && lost > cliff {
			note("This is the edge of a cliff: a tenth less cache resumes %.1f points less. Periodic clients do that; add a margin.", 100*lost)
		}
	}
	if a.Cores.NodeLost >= 1 {
		note("When one node is lost, the others' cores are not enough: utilisation %.2f.", a.Cores.NodeLost)
	}
	if a.Capacity <= exactCapacity {
		note("The cache is tiny; chance matters more than laws.")
	}
}
