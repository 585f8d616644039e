package metrics

import (
	"slices"

	"github.com/reprise-tls/reprise/engine"
)

// CacheSource is what has the counters of a cache: an *engine.Cache, or what
// adds several up. If it also has the methods Capacity and MaxBytes of
// *engine.Cache, the bounds are metrics too.
type CacheSource interface{ Stats() engine.Stats }

type bounded interface {
	Capacity() int
	MaxBytes() int64
}

// Cache returns the metrics of a cache.
func Cache(source CacheSource) Collect {
	bounds, _ := source.(bounded)
	rows := cacheRows
	if bounds != nil {
		rows = slices.Concat(cacheRows, boundRows)
	}
	return func() []Sample {
		s := cacheSnapshot{Stats: source.Stats()}
		if bounds != nil {
			s.capacity, s.maxBytes = bounds.Capacity(), bounds.MaxBytes()
		}
		return collect(rows, &s)
	}
}

type cacheSnapshot struct {
	engine.Stats
	capacity int
	maxBytes int64
}

const (
	cachePrefix = "reprise_session_cache_"
	leftName    = cachePrefix + "left_total"
	leftHelp    = "Sessions that left the internal table, by reason"
	startedName = cachePrefix + "handshakes_started_total"
	startedHelp = "Handshakes started, by role"
	doneName    = cachePrefix + "handshakes_finished_total"
	doneHelp    = "Handshakes finished, resumed ones included, by role"
	storeName   = cachePrefix + "store_lookups_total"
	storeHelp   = "Answers of the external store, by result"
)

type cs = cacheSnapshot

var boundRows = []row[cs]{
	gauge(cachePrefix+"max_sessions", "Most sessions in the internal table, 0 for no bound", func(s *cs) float64 { return float64(s.capacity) }),
	gauge(cachePrefix+"max_state_bytes", "Most bytes of state in the internal table, 0 for no bound", func(s *cs) float64 { return float64(s.maxBytes) }),
}

// What is a partition has a label; what is not has a name of its own. Lookups
// have none: one that misses the internal table can hit the store.
var cacheRows = slices.Concat(
	[]row[cs]{
		gauge(cachePrefix+"sessions", "Sessions in the internal table", func(s *cs) float64 { return float64(s.Number) }),
		gauge(cachePrefix+"state_bytes", "Bytes of state in the internal table", func(s *cs) float64 { return float64(s.Bytes) }),

		counter(cachePrefix+"hits_total", "Lookups that found a session, in the table, by a callback or in the store", func(s *cs) uint64 { return s.Hits }),
		counter(cachePrefix+"misses_total", "Lookups in the internal table that found no session with the id", func(s *cs) uint64 { return s.Misses }),
		counter(cachePrefix+"timeouts_total", "Lookups that found an expired session", func(s *cs) uint64 { return s.Timeouts }),
		counter(cachePrefix+"scope_mismatches_total", "Lookups that found a session of another scope", func(s *cs) uint64 { return s.ScopeMismatches }),

		counter(cachePrefix+"added_total", "Adds that put a session into the table", func(s *cs) uint64 { return s.Added }),
		counter(cachePrefix+"identical_total", "Adds of a session that was in the table already", func(s *cs) uint64 { return s.Identical }),
		counter(cachePrefix+"too_large_total", "Adds refused because the state alone exceeds the bound on bytes", func(s *cs) uint64 { return s.TooLarge }),
		counter(cachePrefix+"evicted_for_bytes_total", "Sessions evicted because of the bound on bytes", func(s *cs) uint64 { return s.EvictedForBytes }),
		{
			Metric: Metric{Name: cachePrefix + "eviction_age_seconds", Kind: Histogram, Help: "Ages of sessions evicted before their expiry"},
			sizes:  func(s *cs) *engine.Histogram { return &s.EvictionAge },
		},

		counter(cachePrefix+"callback_hits_total", "Sessions that the get callback returned", func(s *cs) uint64 { return s.CallbackHits }),
		counter(cachePrefix+"external_rejected_total", "Answers of the get callback or the store that were not what was asked for", func(s *cs) uint64 { return s.ExternalRejected }),
		counter(cachePrefix+"store_errors_total", "Failed calls of the external store", func(s *cs) uint64 { return s.StoreErrors }),
		counter(cachePrefix+"store_writes_total", "Sessions written to the external store", func(s *cs) uint64 { return s.StoreWrites }),

		counter(cachePrefix+"callback_panics_total", "Panics of callbacks and of the store", func(s *cs) uint64 { return s.CallbackPanics }),
		counter(cachePrefix+"retries_total", "Operations of the table that had to start over because another got in their way", func(s *cs) uint64 { return s.Retries }),
		counter(cachePrefix+"over_released_total", "Releases of references that nobody held, in the whole process", func(s *cs) uint64 { return s.OverReleased }),
	},
	labelled("reason", map[string]row[cs]{
		"replaced": counter(leftName, leftHelp, func(s *cs) uint64 { return s.Replaced }),
		"removed":  counter(leftName, leftHelp, func(s *cs) uint64 { return s.Removed }),
		"taken":    counter(leftName, leftHelp, func(s *cs) uint64 { return s.Taken }),
		"evicted":  counter(leftName, leftHelp, func(s *cs) uint64 { return s.CacheFull }),
		"expired":  counter(leftName, leftHelp, func(s *cs) uint64 { return s.Expired }),
		"flushed":  counter(leftName, leftHelp, func(s *cs) uint64 { return s.Flushed }),
		"closed":   counter(leftName, leftHelp, func(s *cs) uint64 { return s.Closed }),
	}),
	labelled("role", map[string]row[cs]{
		"server": counter(startedName, startedHelp, func(s *cs) uint64 { return s.Accept }),
		"client": counter(startedName, startedHelp, func(s *cs) uint64 { return s.Connect }),
	}),
	labelled("role", map[string]row[cs]{
		"server": counter(doneName, doneHelp, func(s *cs) uint64 { return s.AcceptGood }),
		"client": counter(doneName, doneHelp, func(s *cs) uint64 { return s.ConnectGood }),
	}),
	labelled("result", map[string]row[cs]{
		"hit":  counter(storeName, storeHelp, func(s *cs) uint64 { return s.StoreHits }),
		"miss": counter(storeName, storeHelp, func(s *cs) uint64 { return s.StoreMisses }),
	}),
)
