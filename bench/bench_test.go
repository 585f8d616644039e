package bench

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"

	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/race"
	"github.com/reprise-tls/reprise/internal/workload"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("test.bench"); f != nil && f.Value.String() != "" {
		// Package testing has no way to say that more is better.
		fmt.Println("Unit ops/s better=higher")
	}
	os.Exit(m.Run())
}

func BenchmarkChurn(b *testing.B)       { benchmark(b, workload.Churn) }
func BenchmarkAddEvict(b *testing.B)    { benchmark(b, workload.AddEvict) }
func BenchmarkIdentical(b *testing.B)   { benchmark(b, workload.Identical) }
func BenchmarkReplace(b *testing.B)     { benchmark(b, workload.Replace) }
func BenchmarkGet(b *testing.B)         { benchmark(b, workload.Get) }
func BenchmarkMixed(b *testing.B)       { benchmark(b, workload.Mixed) }
func BenchmarkExpiryMixed(b *testing.B) { benchmark(b, workload.ExpiryMixed) }
func BenchmarkHot(b *testing.B)         { benchmark(b, workload.Hot) }
func BenchmarkFill(b *testing.B)        { benchmark(b, workload.Fill) }
func BenchmarkScan(b *testing.B)        { benchmark(b, workload.Scan) }
func BenchmarkFlush(b *testing.B)       { benchmark(b, workload.Flush) }

// benchmark runs one workload on all targets, in this process; the load
// generator, which gives each target a process and alternates between them, is
// the better instrument.
func benchmark(b *testing.B, kind workload.Kind) {
	for _, target := range Targets() {
		if target.Supports(kind) != nil {
			continue
		}
		for _, sessions := range []int{10_000, 100_000} {
			for _, g := range slices.Compact([]int{1, runtime.GOMAXPROCS(0)}) {
				if g < kind.MinGoroutines() {
					continue
				}
				name := fmt.Sprintf("impl=%s/sessions=%d/g=%d", target.Name, sessions, g)
				benchmarkOne(b, name, target, spec(kind, sessions), g)
			}
		}
	}
}

func benchmarkOne(b *testing.B, name string, target measure.Target, s workload.Spec, goroutines int) {
	// The function is called with growing numbers of operations, all on the
	// same cache.
	var m *measure.Bench
	b.Run(name, func(b *testing.B) {
		if m == nil {
			var err error
			if m, err = measure.Open(target, s, measure.Options{Goroutines: []int{goroutines}}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportAllocs()
		b.ResetTimer()
		sample := m.Play(goroutines, b.N)
		b.StopTimer()
		// The timer has run during what goes before the rounds of a workload,
		// and such a workload plays more operations than it was asked for.
		b.ReportMetric(sample.Each(), "ns/op")
		b.ReportMetric(sample.PerOperation(sample.Allocated), "B/op")
		b.ReportMetric(sample.PerOperation(sample.Mallocs), "allocs/op")
		b.ReportMetric(sample.Rate(), "ops/s")
	})
	if m == nil {
		return // filtered out
	}
	for _, wrong := range m.Check() {
		b.Errorf("%s: %s", name, wrong)
	}
}

func spec(kind workload.Kind, sessions int) workload.Spec {
	return workload.Spec{
		Kind: kind, Sessions: sessions, Keys: kind.DefaultKeys(), Mix: workload.DefaultMix,
		Objects: workload.DefaultObjects, Flood: workload.DefaultFlood,
		States: workload.DefaultStateMix, Seed: 1,
	}
}

// Every target runs every workload it supports, alone and racing, and comes
// out of it with all sessions accounted for.
func TestTargetsKeepAccounts(t *testing.T) {
	populations := []int{1, 50, 2_000}
	if race.Enabled {
		populations = populations[1:2]
	}
	for _, target := range Targets() {
		for _, kind := range workload.Kinds() {
			if target.Supports(kind) != nil {
				continue
			}
			for _, sessions := range populations {
				if spec(kind, sessions).Check() != nil || sessions < 4 && kind == workload.Fill {
					continue // too few for a population, or for shares of 4 goroutines
				}
				t.Run(fmt.Sprintf("%s/%s/%d", target.Name, kind, sessions), func(t *testing.T) {
					s := spec(kind, sessions)
					s.States = workload.StateMix{TLS13: 100} // few handshakes
					few := kind.MinGoroutines()
					m, err := measure.Open(target, s, measure.Options{Goroutines: []int{few, 4}})
					if err != nil {
						t.Fatal(err)
					}
					n := 20_000
					if kind.Rounds() || race.Enabled {
						n = 2_000 // a round costs more than its operations where there are few sessions, and the race detector ten times as much
					}
					for _, g := range []int{few, 4, few} {
						got := int(m.Play(g, n).Counts.Operations())
						// A round is finished, and a miss of Scan adds.
						more := kind.Rounds() || kind == workload.Scan
						if got != n && !(more && got > n) {
							t.Errorf("%d operations were played, want %d", got, n)
						}
					}
					for _, wrong := range m.Check() {
						t.Error(wrong)
					}
				})
			}
		}
	}
}

func TestDefaultTargetsExist(t *testing.T) {
	for _, name := range DefaultTargets() {
		if _, err := measure.Find(Targets(), name); err != nil {
			t.Error(err)
		}
	}
}

func TestSyncMapRefusesToEvict(t *testing.T) {
	target, err := measure.Find(Targets(), "syncmap")
	if err != nil {
		t.Fatal(err)
	}
	if err := target.Supports(workload.AddEvict); err == nil {
		t.Error("syncmap claims that it can evict")
	}
}
