package simulation

import (
	"testing"

	"github.com/reprise-tls/reprise/internal/plan/missratio"
	"github.com/reprise-tls/reprise/internal/trace"
)

func BenchmarkReplay(b *testing.B) {
	t, err := trace.LoadFile("../../../../shared/traces/cloudphysics-io.txt", trace.Options{})
	if err != nil {
		b.Skip(err)
	}
	for _, how := range []missratio.Resumption{missratio.Reuse, missratio.Renew, missratio.SingleUse} {
		b.Run(string(how), func(b *testing.B) {
			for b.Loop() {
				p, err := Replay(missratio.Replay{Trace: t, Sizes: []int{128, 1024, 20000}, Resumption: how}, 25)
				if err != nil {
					b.Fatal(err)
				}
				_ = p
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(3*len(t.IDs)*b.N), "ns/request")
		})
	}
}
