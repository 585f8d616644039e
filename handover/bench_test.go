package handover

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/reprise-tls/reprise/engine"
)

func BenchmarkHandover(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("op=write/sessions=%d", n), func(b *testing.B) {
			ring, before := newRing(b, 1), newFixture(b, unlimited)
			before.fill(n)
			for b.Loop() {
				if _, err := Write(context.Background(), io.Discard, before.Cache, ring, Options{}); err != nil {
					b.Fatal(err)
				}
			}
			perSession(b, n)
		})
		b.Run(fmt.Sprintf("op=read/sessions=%d", n), func(b *testing.B) {
			ring, before := newRing(b, 1), newFixture(b, unlimited)
			before.fill(n)
			stream := before.written(ring, Options{})
			for b.Loop() {
				after, err := engine.New(engine.Config{Clock: before.time.Load})
				if err != nil {
					b.Fatal(err)
				}
				report, err := Read(context.Background(), bytes.NewReader(stream), after, ring, Options{Clock: before.time.Load})
				if err != nil || report.Added != n {
					b.Fatal(report, err)
				}
				after.Close()
			}
			perSession(b, n)
		})
	}
}

func unlimited(g *engine.Config) { g.Capacity = engine.Unlimited }

func perSession(b *testing.B, n int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/session")
}
