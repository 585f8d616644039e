package metrics

import (
	"slices"

	"github.com/reprise-tls/reprise/store"
)

// StoreSource is what has the counters of a shared store's decorators: a
// *store.Stack.
type StoreSource interface{ Stats() store.Stats }

// Store returns the metrics of a stack of decorators. What the engine asked and
// got is among those of [Cache].
func Store(source StoreSource) Collect {
	return func() []Sample {
		s := source.Stats()
		return collect(storeRows, &s)
	}
}

const (
	storePrefix = "reprise_store_"

	stateName    = storePrefix + "breaker_state"
	stateHelp    = "1 for the state that the circuit breaker is in, 0 for the others"
	rejectedName = storePrefix + "rejected_values_total"
	rejectedHelp = "Values found in the store that did not open, by reason"
	writesName   = storePrefix + "writes_total"
	writesHelp   = "Values that were queued for the store, by what became of them"
)

type stack = store.Stats

// in is 1 in the given state of the breaker.
func in(state string) row[stack] {
	return gauge(stateName, stateHelp, func(s *stack) float64 {
		if s.Breaker.State == state {
			return 1
		}
		return 0
	})
}

var storeRows = slices.Concat(
	labelled("state", map[string]row[stack]{"closed": in("closed"), "half-open": in("half-open"), "open": in("open")}),
	labelled("reason", map[string]row[stack]{
		"unknown_key":   counter(rejectedName, rejectedHelp, func(s *stack) uint64 { return s.Sealed.UnknownKey }),
		"not_authentic": counter(rejectedName, rejectedHelp, func(s *stack) uint64 { return s.Sealed.NotAuthentic }),
		"malformed":     counter(rejectedName, rejectedHelp, func(s *stack) uint64 { return s.Sealed.Malformed }),
	}),
	labelled("result", map[string]row[stack]{
		"written":   counter(writesName, writesHelp, func(s *stack) uint64 { return s.Queue.Written }),
		"failed":    counter(writesName, writesHelp, func(s *stack) uint64 { return s.Queue.Failed }),
		"dropped":   counter(writesName, writesHelp, func(s *stack) uint64 { return s.Queue.Dropped }),
		"coalesced": counter(writesName, writesHelp, func(s *stack) uint64 { return s.Queue.Coalesced }),
		"deleted":   counter(writesName, writesHelp, func(s *stack) uint64 { return s.Queue.Deleted }),
		"expired":   counter(writesName, writesHelp, func(s *stack) uint64 { return s.Queue.Expired }),
	}),
	[]row[stack]{
		counter(storePrefix+"breaker_opened_total", "Times that the circuit breaker opened", func(s *stack) uint64 { return s.Breaker.Opened }),
		counter(storePrefix+"breaker_rejected_total", "Calls that the circuit breaker did not let through", func(s *stack) uint64 { return s.Breaker.Rejected }),
		counter(storePrefix+"deadline_exceeded_total", "Calls that failed and whose time was over", func(s *stack) uint64 { return s.Deadline.Exceeded }),
		gauge(storePrefix+"queue_values", "Values that wait to be written", func(s *stack) float64 { return float64(s.Queue.Waiting) }),
		gauge(storePrefix+"queue_bytes", "Bytes of values that wait to be written", func(s *stack) float64 { return float64(s.Queue.Bytes) }),
		gauge(storePrefix+"pending_deletes", "Deletes that failed and are tried again", func(s *stack) float64 { return float64(s.Queue.PendingDeletes) }),
		counter(storePrefix+"deletes_retried_total", "Repeated deletes", func(s *stack) uint64 { return s.Queue.DeletesRetried }),
		counter(storePrefix+"deletes_lost_total", "Failed deletes that are not tried again", func(s *stack) uint64 { return s.Queue.DeletesLost }),
	},
)
