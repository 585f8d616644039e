package soak

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/reprise-tls/reprise/engine"
)

// Limits of a [Config].
const (
	MinSessions   = 256
	MaxSessions   = 1_000_000
	MaxGoroutines = 1024
	MinDuration   = 100 * time.Millisecond
)

// Defaults of a [Config].
const (
	DefaultSessions   = 20_000
	DefaultGoroutines = 8
	DefaultCheckpoint = 3 * time.Second
)

// Config says what is soaked and for how long.
type Config struct {
	Table      engine.TableKind
	Duration   time.Duration // from MinDuration
	Checkpoint time.Duration // between two pauses in which everything is counted, from 10 ms
	Seed       uint64        // of ids, and of what each goroutine draws; their interleaving is not reproducible
	Sessions   int           // ids, two session objects each; the capacity is mostly an eighth to a half of it
	Goroutines int           // that operate at once

	// Progress is called once a second, if it is not nil.
	Progress func(Progress)

	// wrap puts something between the harness and the cache: faults, in tests.
	wrap func(*engine.Cache) cache

	// stall is used in the place of stallLimit if it is not 0.
	stall time.Duration
}

// Check reports what is wrong with the configuration.
func (g Config) Check() error {
	switch {
	case g.Duration < MinDuration:
		return fmt.Errorf("duration %v; allowed are %v and more", g.Duration, MinDuration)
	case g.Checkpoint < 10*time.Millisecond:
		return fmt.Errorf("checkpoint %v; allowed are 10ms and more", g.Checkpoint)
	case g.Sessions < MinSessions || g.Sessions > MaxSessions:
		return fmt.Errorf("%d sessions; allowed are %d to %d", g.Sessions, MinSessions, MaxSessions)
	case g.Goroutines < 1 || g.Goroutines > MaxGoroutines:
		return fmt.Errorf("%d goroutines; allowed are 1 to %d", g.Goroutines, MaxGoroutines)
	}
	return nil
}

// Progress is how far a soak is.
type Progress struct {
	Elapsed, Duration time.Duration
	Operations        uint64 // since the start
	Len, Capacity     int    // a capacity of 0 is none
	Evicted, Expired  uint64
	Panics            uint64 // of callbacks, recovered by the cache
	Faults            uint64 // of the store, injected
	Checks            uint64
	Checkpoints       uint64
}

// cache is what the harness uses of an [engine.Cache].
type cache interface {
	Add(s *engine.Session) bool
	Remove(s *engine.Session) bool
	RemoveID(id []byte) bool
	GetScoped(id []byte, scope engine.Scope) (*engine.Session, bool)
	TakeScoped(id []byte, scope engine.Scope) (*engine.Session, bool)
	Contains(id []byte) bool
	Resume(ctx context.Context, id []byte, scope engine.Scope) (*engine.Session, bool)
	HandshakeStarted(role engine.Role)
	HandshakeFinished(ctx context.Context, role engine.Role, s *engine.Session, resumed bool)
	Issued(ctx context.Context, role engine.Role, s *engine.Session) bool
	Promote(s *engine.Session)
	Reschedule(s *engine.Session) bool
	Flush(now int64) int
	Clear() int
	All() iter.Seq[*engine.Session]
	Len() int
	Capacity() int
	SetCapacity(n int) error
	SetMode(m engine.Mode) engine.Mode
	SetTimeout(seconds int64) error
	SetCallbacks(k engine.Callbacks)
	Stats() engine.Stats
	Audit() (engine.AuditReport, error)
	Close()
}
