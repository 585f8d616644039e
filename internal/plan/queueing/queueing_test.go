package queueing

import (
	"container/heap"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s is %.12g, want %.12g", what, got, want)
	}
}

func TestErlang(t *testing.T) {
	for _, c := range []struct {
		load    float64
		servers int
		b, c    float64
	}{
		{.5, 1, .3333333333, .5},
		{1, 2, .2, .3333333333},
		{2, 3, .2105263158, .4444444444},
		{8, 10, .1216610643, .4091801508},
	} {
		near(t, "Erlang's B", ErlangB(c.load, c.servers), c.b, 5.001e-11)
		near(t, "Erlang's C", ErlangC(c.load, c.servers), c.c, 5.001e-11)
		r, err := Pool{c.servers, c.load * 4, .25}.Report()
		if err != nil {
			t.Fatal(err)
		}
		near(t, "the report's B", r.Blocking, c.b, 5.001e-11)
		near(t, "the report's C", r.Waiting, c.c, 5.001e-11)
		near(t, "the utilisation", r.Utilisation, c.load/float64(c.servers), 1e-12)
	}
	if ErlangC(3, 3) != 1 || ErlangB(0, 3) != 0 || ErlangB(5, 0) != 1 {
		t.Error("the edges are wrong")
	}
}

// With one server everything has a closed form.
func TestOneServer(t *testing.T) {
	r, err := Pool{1, 4, .2}.Report() // load 0.8, drains at 1 a second
	if err != nil {
		t.Fatal(err)
	}
	near(t, "the mean wait", r.MeanWait, .8, 1e-12)
	for q, want := range map[float64]float64{0: 0, .2: 0, .5: math.Log(1.6), .99: math.Log(80)} {
		w, err := r.Wait(q)
		if err != nil {
			t.Error(err)
		}
		near(t, "a percentile of the wait", w, want, 1e-9)
	}
}

// departures is when servers get free.
type departures []float64

func (d departures) Len() int           { return len(d) }
func (d departures) Less(i, j int) bool { return d[i] < d[j] }
func (d departures) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }
func (d *departures) Push(x any)        { *d = append(*d, x.(float64)) }
func (d *departures) Pop() any          { panic("not used") }

// A simulated pool waits as long as the formulas say.
func TestSimulation(t *testing.T) {
	p := Pool{4, 10, .32} // utilisation 0.8
	r, err := p.Report()
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	free := make(departures, p.Servers)
	now, total := 0.0, 0.0
	waits := make([]float64, 400_000)
	for i := range waits {
		now += random.ExpFloat64() / p.Arrival
		begins := max(now, free[0])
		free[0] = begins + random.ExpFloat64()*p.Service
		heap.Fix(&free, 0)
		waits[i] = begins - now
		total += waits[i]
	}
	slices.Sort(waits)
	near(t, "the mean wait", total/float64(len(waits))/r.MeanWait, 1, .05)
	for _, q := range []float64{.5, .9, .99} {
		want, err := r.Wait(q)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "a percentile of the wait", waits[int(q*float64(len(waits)))], want, .07*want+.005)
	}
}

func TestSmallest(t *testing.T) {
	// 40 erlangs at 70 % are 58 servers, at most.
	r, err := Smallest(20_000, .002, .7, .99, .001)
	if err != nil || r.Servers() != 58 {
		t.Errorf("%+v, %v", r, err)
	}
	// A small pool waits long at the same utilisation: the wait decides.
	r, err = Smallest(700, .001, .9, .99, .0005)
	if err != nil {
		t.Fatal(err)
	}
	w, _ := r.Wait(.99)
	fewer, err := Pool{r.Servers() - 1, 700, .001}.Report()
	if err != nil {
		t.Fatal(err)
	}
	if before, _ := fewer.Wait(.99); w > .0005 || before <= .0005 {
		t.Errorf("%d servers wait %v, one fewer %v; wanted is the first at 0.0005 or less", r.Servers(), w, before)
	}
	if r, err := Smallest(0, 1, .5, .99, 0); err != nil || r.Servers() != 1 || r.MeanWait != 0 {
		t.Errorf("nobody comes: %+v, %v", r, err)
	}
}

func TestRefusals(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, p := range []Pool{{0, 1, 1}, {-1, 1, 1}, {MaxServers + 1, 1, 1}, {1, -1, 1}, {1, nan, 1}, {1, inf, 1}, {1, 1, 0}, {1, 1, nan}, {1, 1, inf}, {1, 1, 1}, {2, 3, 1}} {
		if r, err := p.Report(); !errors.Is(err, ErrInput) {
			t.Errorf("%+v: %+v, %v", p, r, err)
		}
	}
	for _, c := range [][5]float64{{1, 1, 0, .99, 1}, {1, 1, 1, .99, 1}, {1, 1, nan, .99, 1}, {1, 1, .5, 1, 1}, {1, 1, .5, nan, 1}, {1, 1, .5, .99, -1}, {1, 1, .5, .99, nan}, {-1, 1, .5, .99, 1}, {1e9, 1, .5, .99, 1}} {
		if r, err := Smallest(c[0], c[1], c[2], c[3], c[4]); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), "allowed") {
			t.Errorf("%v: %+v, %v", c, r, err)
		}
	}
}
