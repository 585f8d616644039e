package store

import (
	"testing"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/store/storetest"
)

// Every decorator is a store as the engine expects one, alone and with the
// others.
func TestContract(t *testing.T) {
	for name, decorate := range map[string]func(t *testing.T, next engine.Store) engine.Store{
		"Sealed":   func(t *testing.T, next engine.Store) engine.Store { return newSealed(t, next, sealOptions(t)) },
		"Deadline": func(t *testing.T, next engine.Store) engine.Store { return newDeadline(t, next, patient) },
		"Breaker":  func(t *testing.T, next engine.Store) engine.Store { return newBreaker(t, next, BreakerOptions{}) },
		"Queue": func(t *testing.T, next engine.Store) engine.Store {
			q := newQueue(t, next, QueueOptions{})
			t.Cleanup(func() { closeQueue(t, q) })
			return q
		},
		"Queue with one worker": func(t *testing.T, next engine.Store) engine.Store {
			q := newQueue(t, next, QueueOptions{Workers: 1})
			t.Cleanup(func() { closeQueue(t, q) })
			return q
		},
		"Stack": func(t *testing.T, next engine.Store) engine.Store {
			s := newStack(t, next, nil)
			t.Cleanup(func() { closeQueue(t, s) })
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(t *testing.T) (a, b engine.Store) {
				m := new(storetest.Memory)
				return decorate(t, m.Client()), decorate(t, m.Client())
			})
		})
	}
}
