package soak

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/engine"
)

func testConfig(table engine.TableKind, d time.Duration) Config {
	return Config{
		Table: table, Duration: d, Checkpoint: 100 * time.Millisecond,
		Seed: 1, Sessions: 2000, Goroutines: 6,
	}
}

// Both tables pass, and everything that the soak is for has happened.
func TestSoak(t *testing.T) {
	for _, table := range []engine.TableKind{engine.LockFree, engine.XSync} {
		t.Run(table.String(), func(t *testing.T) {
			s, err := Run(t.Context(), testConfig(table, 2*time.Second))
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range s.Violations {
				t.Error(v)
			}
			for _, counts := range [][]Count{s.Operations, s.Faults, s.Checks, {
				{"evicted", s.Stats.CacheFull}, {"expired", s.Stats.Expired}, {"flushed", s.Stats.Flushed},
				{"replaced", s.Stats.Replaced}, {"identical", s.Stats.Identical}, {"taken", s.Stats.Taken},
				{"removed", s.Stats.Removed}, {"panics", s.Panics}, {"timeouts", s.Stats.Timeouts},
				{"scope mismatches", s.Stats.ScopeMismatches}, {"callback hits", s.Stats.CallbackHits},
				{"store hits", s.Stats.StoreHits}, {"external rejected", s.Stats.ExternalRejected},
			}} {
				for _, c := range counts {
					if c.N == 0 {
						t.Errorf("there was no %q in the soak", c.Name)
					}
				}
			}
			if t.Failed() {
				var text bytes.Buffer
				if err := s.Write(&text); err != nil {
					t.Fatal(err)
				}
				t.Log(text.String())
			}
		})
	}
}

// An end by the context is no failure, and its checks are made.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s, err := Run(ctx, testConfig(engine.LockFree, time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if !s.Interrupted || !s.OK() || s.HeapAfter == 0 {
		t.Errorf("interrupted %t, heap after %d, violations %q", s.Interrupted, s.HeapAfter, s.Violations)
	}
	var text bytes.Buffer
	if err := s.Write(&text); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "lockfree: nothing was wrong (interrupted)\n") {
		t.Errorf("the summary is\n%s", text.String())
	}
}

func TestConfig(t *testing.T) {
	for _, c := range []struct {
		want   string
		change func(*Config)
	}{
		{"duration", func(g *Config) { g.Duration = MinDuration - 1 }},
		{"checkpoint", func(g *Config) { g.Checkpoint = 0 }},
		{"sessions", func(g *Config) { g.Sessions = MinSessions - 1 }},
		{"sessions", func(g *Config) { g.Sessions = MaxSessions + 1 }},
		{"goroutines", func(g *Config) { g.Goroutines = 0 }},
	} {
		g := testConfig(engine.LockFree, time.Second)
		c.change(&g)
		if _, err := Run(t.Context(), g); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("the error is %v, want one about %s", err, c.want)
		}
	}
}
