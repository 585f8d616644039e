package baseline

import (
	"iter"

	"github.com/reprise-tls/reprise/shards"
)

// Null keeps nothing. What it takes to drive it is the cost of the generator.
type Null struct{}

// Add does nothing.
func (Null) Add(*shards.Session) bool { return false }

// Remove does nothing.
func (Null) Remove(*shards.Session) bool { return false }

// Get finds nothing.
func (Null) Get([]byte) (*shards.Session, bool) { return nil, false }

// Len returns 0.
func (Null) Len() int { return 0 }

// All yields nothing.
func (Null) All() iter.Seq[*shards.Session] { return func(func(*shards.Session) bool) {} }

// Close does nothing.
func (Null) Close() {}
