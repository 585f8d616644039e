package missratio

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/internal/trace"
)

// cloudPhysics loads the sample trace of libCacheSim, which is not part of the
// repository.
func cloudPhysics(t testing.TB) *trace.Trace {
	t.Helper()
	const name = "../../../../shared/traces/cloudphysics-io.txt"
	if _, err := os.Stat(name); errors.Is(err, os.ErrNotExist) {
		t.Skip("the traces folder outside the repository is absent")
	}
	tr, err := trace.LoadFile(name, trace.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(tr.IDs) != 113_872 || tr.Distinct != 48_974 {
		t.Fatalf("%d requests of %d ids, want 113872 of 48974", len(tr.IDs), tr.Distinct)
	}
	return tr
}

func misses(t *testing.T, points []Point, err error) (m []uint64) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range points {
		m = append(m, p.Misses)
	}
	return m
}

// libCacheSim's test_simulator.c and test_profilerLRU.c have these.
func TestCloudPhysics(t *testing.T) {
	r := Replay{Trace: cloudPhysics(t), Sizes: []int{128, 256, 384, 512, 640, 768, 896, 1024}}
	points, err := LRU(r)
	if got, want := misses(t, points, err), []uint64{99411, 96397, 95652, 95370, 95182, 94997, 94891, 94816}; !slices.Equal(got, want) {
		t.Errorf("LRU misses %v, want %v", got, want)
	}
	points, err = FIFO(r)
	if got, want := misses(t, points, err), []uint64{100831, 98050, 97002, 96467, 96106, 95836, 95637, 95505}; !slices.Equal(got, want) {
		t.Errorf("FIFO misses %v, want %v", got, want)
	}
	r.Sizes = []int{1000, 5000, 10000, 20000, 40000}
	points, err = LRU(r)
	if got, want := misses(t, points, err), []uint64{94823, 91527, 79438, 72053, 48994}; !slices.Equal(got, want) {
		t.Errorf("LRU misses %v, want %v", got, want)
	}
	r.Sizes = []int{1, 2, 3, 4, 5, 20, MaxSize}
	points, err = LRU(r)
	misses(t, points, err)
	for i, want := range []float64{.976421, .970607, .965681, .959024, .956934, .927015, 48974. / 113872} {
		if got := points[i].MissRatio(); math.Abs(got-want) > 5.001e-7 {
			t.Errorf("LRU of size %d misses %.6f, want %.6f", points[i].Size, got, want)
		}
	}
}

// near compares to the digits printed.
func near(t *testing.T, what string, got, want, unit float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 0.5001*unit) {
		t.Errorf("%s is %.12g, want %.12g to within half of %g", what, got, want, unit)
	}
}

func TestIndependentReferences(t *testing.T) {
	hit := func(h, _ float64, err error) float64 {
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	exact := func(f func([]float64, int) (float64, error), p []float64, size int) float64 {
		h, err := f(p, size)
		return hit(h, 0, err)
	}
	three := []float64{.5, .3, .2}
	near(t, "LRU of 1 of 3", exact(ExactLRU, three, 1), .38, 1e-12)
	near(t, "FIFO of 1 of 3", exact(ExactFIFO, three, 1), .38, 1e-12)
	near(t, "LRU of 2 of 3", exact(ExactLRU, three, 2), .7192857143, 1e-10)
	near(t, "FIFO of 2 of 3", exact(ExactFIFO, three, 2), .7096774194, 1e-10)
	h, when, err := CheLRU(three, 2)
	near(t, "Che of 2 of 3", hit(h, when, err), .7154122836, 1e-10)
	near(t, "its time", when, 3.57050697, 1e-8)

	for i, want := range []struct{ lru, fifo, che float64 }{
		{.1787825823, .1787825823, .1711499083},
		{.3339483752, .3219749922, .3257815435},
		{.4672745308, .4422249513, .4623345122},
		{.5811579809, .5465405756, .5801403609},
		{.6783750190, .6391849943, .6799997174},
	} {
		p := Zipf(10, .99)
		near(t, "Zipf's LRU", exact(ExactLRU, p, i+1), want.lru, 1e-10)
		near(t, "Zipf's FIFO", exact(ExactFIFO, p, i+1), want.fifo, 1e-10)
		near(t, "Zipf's Che", hit(CheLRU(p, i+1)), want.che, 1e-10)
	}
	for i, want := range []struct{ lru, fifo float64 }{
		{.1478626858, .1478626858}, {.2837329416, .2767613557}, {.4078367867, .3919817775}, {.5206024169, .4968756363}, {.6226552098, .5936980304},
	} {
		p := Zipf(10, .8)
		near(t, "Zipf's LRU", exact(ExactLRU, p, i+1), want.lru, 1e-10)
		near(t, "Zipf's FIFO", exact(ExactFIFO, p, i+1), want.fifo, 1e-10)
	}
	for _, c := range []struct {
		s         float64
		size      int
		lru, time float64
		fifo      float64
	}{
		{.8, 100, .15662464, 0, .13362468}, {.8, 1000, .43665972, 0, .39417910},
		{.99, 100, .37689935, 138.806, .32962305}, {.99, 1000, .66413984, 2281.945, .61902975},
	} {
		p := Zipf(10_000, c.s)
		h, when, err := CheLRU(p, c.size)
		near(t, "Che's LRU", hit(h, when, err), c.lru, 1e-8)
		if c.time != 0 {
			near(t, "its time", when, c.time, 1e-3)
		}
		near(t, "Che's FIFO", hit(CheFIFO(p, c.size)), c.fifo, 1e-8)
	}
	if h, when, err := CheLRU(three, 3); h != 1 || !math.IsInf(when, 1) || err != nil {
		t.Errorf("a cache for all: %v, %v, %v", h, when, err)
	}
}

// Replayed requests hit as often as the formulas say.
func TestReplayOfIndependentReferences(t *testing.T) {
	const n = 10
	p := Zipf(n, .99)
	tr := &trace.Trace{Distinct: n}
	random := rand.New(rand.NewPCG(3, 4))
	for range 200_000 {
		u, k := random.Float64(), 0
		for ; k < n-1 && u >= p[k]; k++ {
			u -= p[k]
		}
		tr.IDs = append(tr.IDs, uint32(k))
	}
	r := Replay{Trace: tr, Sizes: []int{1, 2, 3, 4, 5}, Seed: 9}
	for policy, c := range map[string]struct {
		replay func(Replay) ([]Point, error)
		exact  func([]float64, int) (float64, error)
	}{"lru": {LRU, ExactLRU}, "fifo": {FIFO, ExactFIFO}, "random": {Random, ExactFIFO}} {
		points, err := c.replay(r)
		if err != nil {
			t.Fatal(err)
		}
		for i, size := range r.Sizes {
			want, err := c.exact(p, size)
			if err != nil {
				t.Fatal(err)
			}
			if points[i].Policy != policy || points[i].Size != size {
				t.Errorf("%+v is not %s of size %d", points[i], policy, size)
			}
			near(t, policy, 1-points[i].MissRatio(), want, .005)
		}
	}
}

func TestLifetimeLaws(t *testing.T) {
	for i, load := range []float64{.5, 1, 2, 3} {
		near(t, "sliding", PoissonSliding(load), []float64{.3934693, .6321206, .8646647, .9502129}[i], 1e-7)
		near(t, "fixed", PoissonFixed(load), []float64{.3333333, .5, .6666667, .75}[i], 1e-7)
	}
	for _, c := range []struct{ lifetime, period, fixed, sliding float64 }{{10, 3, .75, 1}, {10, 10, .5, 1}, {10, 11, 0, 0}} {
		near(t, "periodic, fixed", PeriodicFixed(c.lifetime, c.period), c.fixed, 1e-12)
		near(t, "periodic, sliding", PeriodicSliding(c.lifetime, c.period), c.sliding, 1e-12)
	}
	if PoissonFixed(math.Inf(1)) != 1 || PeriodicFixed(math.Inf(1), 1) != 1 {
		t.Error("without a lifetime everything hits")
	}
}

// cyclic has n clients come in turns.
func cyclic(n, rounds int) *trace.Trace {
	tr := &trace.Trace{Distinct: n}
	for i := range n * rounds {
		tr.IDs = append(tr.IDs, uint32(i%n))
		tr.Times = append(tr.Times, time.Duration(i)*time.Second)
	}
	return tr
}

func TestCyclicClients(t *testing.T) {
	sizes := []int{500, 800, 900, 950}
	for i, want := range []float64{.20264, .62778, .80597, .90073} {
		near(t, "the law", CyclicRandom(1000, sizes[i]), want, 1e-5)
	}
	r := Replay{Trace: cyclic(1000, 300), Sizes: sizes}
	for name, f := range map[string]func(Replay) ([]Point, error){"LRU": LRU, "FIFO": FIFO} {
		points, err := f(r)
		for _, m := range misses(t, points, err) {
			if m != uint64(len(r.Trace.IDs)) {
				t.Errorf("%s hits a cyclic trace: %d misses", name, m)
			}
		}
	}
	points, err := Random(r)
	misses(t, points, err)
	for i, want := range []float64{.2035, .6279, .8071, .9022} {
		near(t, "random eviction", 1-points[i].MissRatio(), want, .01)
	}
	if CyclicRandom(5, 5) != 1 || CyclicRandom(5, 1) != 0 {
		t.Error("the edges are wrong")
	}
}

// naive does the obvious for LRU, FIFO and all that a hit can do to a session.
func naive(r Replay, size int, lru bool) (misses uint64) {
	type session struct {
		id      uint32
		latest  bool
		created time.Duration
	}
	var cache []session // the next to be evicted first
	for i, id := range r.Trace.IDs {
		now := r.time(i)
		at := slices.IndexFunc(cache, func(s session) bool { return s.id == id && s.latest })
		hit := at >= 0 && now-cache[at].created <= r.Lifetime
		switch {
		case hit && r.resumption() == Reuse:
			if s := cache[at]; lru {
				cache = append(slices.Delete(cache, at, at+1), s)
			}
			continue
		case hit && r.resumption() == Renew:
			cache[at].latest = false
			if s := cache[at]; lru {
				cache = append(slices.Delete(cache, at, at+1), s)
			}
		case at >= 0:
			cache = slices.Delete(cache, at, at+1)
		}
		if !hit {
			misses++
		}
		if len(cache) == size {
			cache = slices.Delete(cache, 0, 1)
		}
		cache = append(cache, session{id, true, now})
	}
	return misses
}

// Every combination against the obvious, on traces with repetition. LRU of
// renewed sessions is the exception: the obvious one moves what was resumed to
// the front, to no use to anybody; the engine and FIFO do not.
func TestReplayAgainstTheObvious(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for round := range 30 {
		tr := &trace.Trace{Distinct: 30}
		now := time.Duration(0)
		for range 2000 {
			tr.IDs = append(tr.IDs, uint32(min(random.IntN(30), random.IntN(30), random.IntN(30))))
			now += time.Duration(random.IntN(3)) * time.Second
			tr.Times = append(tr.Times, now)
		}
		for _, how := range []Resumption{Reuse, Renew, SingleUse} {
			for _, lifetime := range []time.Duration{0, 12 * time.Second} {
				r := Replay{Trace: tr, Sizes: []int{3, 1, 8, 40}, Lifetime: lifetime, Resumption: how}
				lru, err := LRU(r)
				if err != nil {
					t.Fatal(err)
				}
				fifo, err := FIFO(r)
				if err != nil {
					t.Fatal(err)
				}
				for i, size := range r.Sizes {
					if want := naive(r, size, false); fifo[i].Misses != want {
						t.Errorf("round %d, %s, lifetime %v, size %d: FIFO misses %d, want %d", round, how, lifetime, size, fifo[i].Misses, want)
					}
					if want := naive(r, size, how != Renew); lru[i].Misses != want {
						t.Errorf("round %d, %s, lifetime %v, size %d: LRU misses %d, want %d", round, how, lifetime, size, lru[i].Misses, want)
					}
				}
			}
		}
	}
}

// The laws of lifetimes, by replay.
func TestReplayOfLifetimes(t *testing.T) {
	tr := &trace.Trace{Distinct: 200}
	random := rand.New(rand.NewPCG(7, 8))
	now := time.Duration(0)
	for range 150_000 { // every client once in 200 s on average
		now += time.Duration(random.ExpFloat64() * float64(time.Second))
		tr.IDs = append(tr.IDs, uint32(random.IntN(200)))
		tr.Times = append(tr.Times, now)
	}
	for _, lifetime := range []time.Duration{100 * time.Second, 400 * time.Second} {
		load := lifetime.Seconds() / 200
		for how, want := range map[Resumption]float64{Reuse: PoissonFixed(load), SingleUse: PoissonSliding(load), Renew: PoissonSliding(load)} {
			for name, f := range map[string]func(Replay) ([]Point, error){"LRU": LRU, "FIFO": FIFO, "random": Random} {
				points, err := f(Replay{Trace: tr, Sizes: []int{MaxSize}, Lifetime: lifetime, Resumption: how})
				misses(t, points, err)
				near(t, fmt.Sprintf("%s, %s, %v", name, how, lifetime), 1-points[0].MissRatio(), want, .01)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	tr := cyclic(3, 2)
	untimed := &trace.Trace{IDs: tr.IDs, Distinct: 3}
	for _, r := range []Replay{
		{Sizes: []int{1}}, {Trace: &trace.Trace{}, Sizes: []int{1}}, {Trace: tr}, {Trace: tr, Sizes: []int{0}}, {Trace: tr, Sizes: []int{1, -1}},
		{Trace: tr, Sizes: []int{MaxSize + 1}}, {Trace: tr, Sizes: []int{1}, Lifetime: -1}, {Trace: tr, Sizes: []int{1}, Lifetime: MaxLifetime + 1},
		{Trace: untimed, Sizes: []int{1}, Lifetime: time.Second}, {Trace: tr, Sizes: []int{1}, Resumption: "never"},
	} {
		for _, f := range []func(Replay) ([]Point, error){LRU, FIFO, Random, func(r Replay) ([]Point, error) { _, err := SHARDS(r, Sampling{Rate: 1}); return nil, err }} {
			if _, err := f(r); !errors.Is(err, ErrInput) {
				t.Errorf("%+v: %v", r, err)
			}
		}
	}
	for _, s := range []Sampling{{}, {Rate: -1}, {Rate: 1.1}, {Rate: math.NaN()}, {Rate: 1, MaxIDs: 1}, {Rate: 1, MaxIDs: -1}, {Rate: 1e-18}} {
		if _, err := SHARDS(Replay{Trace: tr, Sizes: []int{1}}, s); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), "allowed") {
			t.Errorf("%+v: %v", s, err)
		}
	}
	for _, r := range []Replay{{Trace: tr, Sizes: []int{1}, Lifetime: time.Second}, {Trace: tr, Sizes: []int{1}, Resumption: Renew}} {
		if _, err := SHARDS(r, Sampling{Rate: 1}); !errors.Is(err, ErrInput) {
			t.Errorf("%+v: %v", r, err)
		}
	}
	for _, c := range []struct {
		p    []float64
		size int
	}{{nil, 1}, {[]float64{.5, .6}, 1}, {[]float64{1, 0}, 1}, {[]float64{.5, math.NaN()}, 1}, {[]float64{.5, .5}, 0}, {[]float64{.5, .5}, 3}} {
		_, errLRU := ExactLRU(c.p, c.size)
		_, errFIFO := ExactFIFO(c.p, c.size)
		_, _, errChe := CheLRU(c.p, c.size)
		if !errors.Is(errLRU, ErrInput) || !errors.Is(errFIFO, ErrInput) || !errors.Is(errChe, ErrInput) {
			t.Errorf("%+v: %v, %v, %v", c, errLRU, errFIFO, errChe)
		}
	}
	if _, err := ExactLRU(Zipf(21, 1), 1); !errors.Is(err, ErrInput) {
		t.Errorf("21 ids: %v", err)
	}
}

func BenchmarkReplay(b *testing.B) {
	r := Replay{Trace: cloudPhysics(b), Sizes: []int{128, 1024, 20000}}
	for _, c := range []struct {
		name   string
		replay func(Replay) ([]Point, error)
	}{{"lru", LRU}, {"fifo", FIFO}, {"random", Random}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := c.replay(r); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(r.Trace.IDs)*b.N)/b.Elapsed().Seconds()/1e6, "Mreq/s")
		})
	}
}
