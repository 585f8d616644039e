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

// Both tables pass, and everything that the soak is for has happened: on a
// machine that had little time for it in one of a few soaks.
func TestSoak(t *testing.T) {
	for _, table := range []engine.TableKind{engine.LockFree, engine.XSync} {
		t.Run(table.String(), func(t *testing.T) {
			const soaks = 8
			happened := make(map[string]uint64)
			for seed := range uint64(soaks) {
				config := testConfig(table, 2*time.Second)
				config.Seed = seed + 1
				s, err := Run(t.Context(), config)
				if err != nil {
					t.Fatal(err)
				}
				for _, v := range s.Violations {
					t.Error(v)
				}
				if t.Failed() {
					t.Fatal(text(t, s))
				}
				if missing := addCounts(happened, s); len(missing) == 0 {
					return
				} else if seed == soaks-1 {
					t.Errorf("there was none of %q in %d soaks; the last:\n%s", missing, soaks, text(t, s))
				}
			}
		})
	}
}

// addCounts adds what happened in a soak to what had happened before, and returns
// what has not happened yet.
func addCounts(happened map[string]uint64, s *Summary) (missing []string) {
	for _, counts := range [][]Count{s.Operations, s.Faults, s.Checks, {
		{"evicted", s.Stats.CacheFull}, {"expired", s.Stats.Expired}, {"flushed", s.Stats.Flushed},
		{"replaced", s.Stats.Replaced}, {"identical", s.Stats.Identical}, {"taken", s.Stats.Taken},
		{"removed", s.Stats.Removed}, {"panics", s.Panics}, {"timeouts", s.Stats.Timeouts},
		{"scope mismatches", s.Stats.ScopeMismatches}, {"callback hits", s.Stats.CallbackHits},
		{"store hits", s.Stats.StoreHits}, {"external rejected", s.Stats.ExternalRejected},
	}} {
		for _, c := range counts {
			if happened[c.Name] += c.N; happened[c.Name] == 0 {
				missing = append(missing, c.Name)
			}
		}
	}
	return missing
}

func text(t *testing.T, s *Summary) string {
	t.Helper()
	var b bytes.Buffer
	if err := s.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
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
	if summary := text(t, s); !strings.Contains(summary, "lockfree: nothing was wrong (interrupted)\n") {
		t.Errorf("the summary is\n%s", summary)
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
