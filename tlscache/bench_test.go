package tlscache

import (
	"crypto/tls"
	"flag"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/internal/processor"
)

// resumeOnce makes one resumed handshake. Both ends run in the measured time, as in
// crypto/tls's own benchmarks; the client's is the same for every implementation.
func resumeOnce(b testing.TB, server, client *tls.Config) {
	o := connect(server, client)
	if o.clientError != nil || o.serverErr != nil || !o.resumed {
		b.Fatalf("client: %v, server: %v, resumed: %v", o.clientError, o.serverErr, o.resumed)
	}
}

// implementation is a way to keep sessions that the benchmark compares.
type implementation struct {
	name   string
	config func(b testing.TB, version uint16) (config *tls.Config, end func())
}

func implementations() []implementation {
	return []implementation{
		{"tickets", func(_ testing.TB, version uint16) (*tls.Config, func()) { return serverConfig(version), func() {} }},
		{"engine", func(b testing.TB, version uint16) (*tls.Config, func()) {
			cache, err := engine.New(engine.Defaults())
			if err != nil {
				b.Fatal(err)
			}
			server, err := NewServer(cache, Options{Logger: quietly})
			if err != nil {
				b.Fatal(err)
			}
			config, err := server.Install(serverConfig(version))
			if err != nil {
				b.Fatal(err)
			}
			return config, func() { server.Close(); cache.Close() }
		}},
	}
}

// BenchmarkResumed measures whole resumed handshakes, client included.
func BenchmarkResumed(b *testing.B) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, impl := range implementations() {
			b.Run("version="+versionWord(version)+"/impl="+impl.name, func(b *testing.B) {
				config, end := impl.config(b, version)
				defer end()
				box := &ticketBox{}
				connect(config, client(box, "a.example"))
				b.ReportAllocs()
				for b.Loop() {
					resumeOnce(b, config, client(box, "a.example"))
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "handshakes/s")
			})
		}
	}
}

func versionWord(version uint16) string {
	if version == tls.VersionTLS12 {
		return "1.2"
	}
	return "1.3"
}

// BenchmarkHooks measures what the server adds to a resumed handshake: the copy of
// the config and the three hooks.
func BenchmarkHooks(b *testing.B) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		b.Run("version="+versionWord(version), func(b *testing.B) {
			config, end := implementations()[1].config(b, version)
			defer end()
			state := someState(b, version)
			cs := tls.ConnectionState{Version: version, ServerName: "a.example"}
			ticket, err := hooks(b, config, "a.example").WrapSession(cs, state)
			if err != nil {
				b.Fatal(err)
			}
			cs.DidResume = true
			b.ReportAllocs()
			for b.Loop() {
				h := hooks(b, config, "a.example")
				ss, err := h.UnwrapSession(ticket, cs)
				if err != nil || ss == nil {
					b.Fatal(ss, err)
				}
				if err := h.VerifyConnection(cs); err != nil {
					b.Fatal(err)
				}
				if ticket, err = h.WrapSession(cs, ss); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

var long = flag.Duration("long", 0, "measure resumed handshakes for this long, in alternating slices, and print the ratio to crypto/tls's tickets")

// TestRatio prints resumed handshakes a second with the engine as a multiple of
// those with crypto/tls's own tickets: medians of alternating slices of one run,
// and the same of processor time, which a busy machine disturbs less. It asserts
// nothing, since a test must not depend on how busy the machine is.
//
//	go test ./tlscache -run TestRatio -v -long 40s
func TestRatio(t *testing.T) {
	length, count := 20*time.Millisecond, 1
	if *long > 0 {
		length, count = 250*time.Millisecond, max(1, int(*long/time.Second))
	}
	const goroutines = 2
	forVersions(t, func(t *testing.T, version uint16) {
		var rates, loads [2][]float64
		var configs [2]*tls.Config
		for i, impl := range implementations() {
			config, end := impl.config(t, version)
			t.Cleanup(end)
			configs[i] = config
		}
		for n := range count {
			for i := range rates {
				i = (i + n) % 2 // neither always comes first
				rate, load := measure(t, configs[i], goroutines, length)
				rates[i], loads[i] = append(rates[i], rate), append(loads[i], load)
			}
		}
		tickets, withEngine := median(rates[0]), median(rates[1])
		if tickets == 0 || withEngine == 0 {
			t.Fatal("a slice without a handshake")
		}
		t.Logf("%d slices of %v each, %d goroutines: tickets %.0f handshakes/s, engine %.0f, ratio %.3f; "+
			"processor time of one with tickets %.0f us, with the engine %.0f us, ratio of rates by that %.3f",
			count, length, goroutines, tickets, withEngine, withEngine/tickets,
			median(loads[0]), median(loads[1]), median(loads[0])/median(loads[1]))
	})
}

// measure returns resumed handshakes a second, and microseconds of processor time
// for each.
func measure(t *testing.T, config *tls.Config, goroutines int, length time.Duration) (rate, load float64) {
	var group sync.WaitGroup
	counts := make([]int, goroutines)
	boxes := make([]ticketBox, goroutines)
	for g := range boxes {
		connect(config, client(&boxes[g], "a.example"))
	}
	start, used := time.Now(), processor.Time()
	for g := range goroutines {
		group.Go(func() {
			for counts[g] == 0 || time.Since(start) < length {
				o := connect(config, client(&boxes[g], "a.example"))
				if !o.resumed {
					t.Errorf("client: %v, server: %v, resumed: %v", o.clientError, o.serverErr, o.resumed)
					return
				}
				counts[g]++
			}
		})
	}
	group.Wait()
	total := 0
	for _, n := range counts {
		total += n
	}
	return float64(total) / time.Since(start).Seconds(), float64((processor.Time() - used).Microseconds()) / float64(total)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
