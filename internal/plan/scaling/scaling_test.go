package scaling

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// Published measurements. cisco: B. Schwartz, "Practical Scalability Analysis
// with the Universal Scalability Law"; sdm91: N. Gunther's SPEC SDM91
// benchmark of a SPARCcenter 2000, as in the R package usl.
var (
	cisco = series(955.16, 1878.91, 2688.01, 3548.68, 4315.54, 5130.43, 5931.37, 6531.08, 7219.8, 7867.61, 8278.71, 8646.7, 9047.84,
		9426.55, 9645.37, 9897.24, 10097.6, 10240.5, 10532.39, 10798.52, 11151.43, 11518.63, 11806, 12089.37, 12075.41, 12177.29,
		12211.41, 12158.93, 12155.27, 12118.04, 12140.4, 12074.39)
	sdm91     = []Point{{1, 64.9}, {18, 995.9}, {36, 1652.4}, {72, 1853.2}, {108, 1828.9}, {144, 1775.0}, {216, 1702.2}}
	integers  = []Point{{1, 65}, {18, 996}, {36, 1652}, {72, 1853}, {108, 1829}, {144, 1775}, {216, 1702}}
	synthetic = []Point{{1, 1}, {2, 1.8868}, {4, 3.0769}, {6, 3.5294}, {8, 3.5398}, {10, 3.3557}}
)

func series(x ...float64) (points []Point) {
	for i, v := range x {
		points = append(points, Point{float64(i + 1), v})
	}
	return points
}

// near compares to as many digits as want was printed with: half a unit of the
// last one.
func near(t *testing.T, what string, got, want, unit float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 0.5001*unit) {
		t.Errorf("%s is %.12g, want %.12g to within half of %g", what, got, want, unit)
	}
}

func mustFit(t *testing.T, points []Point) *Fit {
	t.Helper()
	f, err := New(points, 0)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestPublishedFits(t *testing.T) {
	f := mustFit(t, cisco)
	near(t, "Cisco's sigma", f.Sigma, .02671594504, 1e-11)
	near(t, "Cisco's kappa", f.Kappa, .0007690939206, 1e-13)
	near(t, "Cisco's lambda", f.Lambda, 995.6487859, 1e-7)
	near(t, "the error of sigma", f.Errors.Sigma, .00449383, 1e-8)
	near(t, "the error of kappa", f.Errors.Kappa, 8.64545e-5, 1e-10)
	near(t, "the error of lambda", f.Errors.Lambda, 28.6984, 1e-4)
	near(t, "Cisco's RSE", f.RSE, 187.897, 1e-3)
	n, x := f.Peak()
	near(t, "Cisco's peak", n, 35.573788, 1e-6)
	near(t, "the throughput there", x, 12342.852554, 1e-6)
	// Published from an iteration that stopped earlier: ours is at the minimum,
	// where X(35) is 12341.74567.
	near(t, "X(35)", f.Throughput(35), 12341.7454, 6e-4)
	near(t, "X(20)", f.Throughput(20), 11063.6331, 1e-4)

	f = mustFit(t, cisco[:10])
	near(t, "sigma of ten", f.Sigma, .01700276672, 1e-11)
	near(t, "kappa of ten", f.Kappa, .000446539172, 1e-12)
	near(t, "lambda of ten", f.Lambda, 938.379272, 1e-6)
	// The second is published as 20.251064; the parameters above, which are its
	// source's too, imply 20.251069.
	for r, want := range map[float64]float64{.0012: 7.230629, .0016: 20.251069, .0020: 29.888894} {
		n, err := f.ConcurrencyAtLatency(r)
		if err != nil {
			t.Error(err)
		}
		near(t, "the concurrency at a latency", n, want, 1e-6)
	}

	f = mustFit(t, sdm91)
	near(t, "SDM91's sigma", f.Sigma, .02772847562, 1e-11)
	near(t, "SDM91's kappa", f.Kappa, .0001043654838, 1e-13)
	near(t, "SDM91's lambda", f.Lambda, 89.9952331, 1e-7)
	near(t, "the error of sigma", f.Errors.Sigma, .0091217, 1e-7)
	near(t, "the error of kappa", f.Errors.Kappa, .0000199, 1e-7)
	near(t, "the error of lambda", f.Errors.Lambda, 14.2134894, 1e-6) // published by an iteration that stopped earlier
	near(t, "SDM91's RSE", f.RSE, 82.85, 1e-2)
	near(t, "SDM91's SSE", f.SSE, 27453.72, 1e-2)
	if f.DegreesOfFreedom != 4 {
		t.Errorf("%d degrees of freedom, want 4", f.DegreesOfFreedom)
	}
	n, x = f.Peak()
	near(t, "SDM91's peak", n, 96.51956, 1e-5)
	near(t, "the throughput there", x, 1884, 1)
	near(t, "SDM91's limit", f.Limit(), 3245.589, 1e-3)
	near(t, "SDM91's optimum", f.Optimum(), 36.06401, 1e-5)
	for i, want := range []float64{-25.10, -81.66, 111.09, 3.05, -49.99, -46.60, 56.00} {
		near(t, "a residual", f.Residuals()[i], want, 1e-2)
	}
	for i, want := range []float64{90, 1078, 1541, 1850, 1879, 1822, 1646} {
		near(t, "a fitted throughput", f.Throughput(f.Points[i].N), want, 1)
	}

	f = mustFit(t, integers)
	near(t, "sigma of integers", f.Sigma, .02772890779, 1e-11)
	near(t, "kappa of integers", f.Kappa, .0001043480108, 1e-13)
	near(t, "lambda of integers", f.Lambda, 89.98714743, 1e-8)

	f = mustFit(t, synthetic)
	near(t, "synthetic sigma", f.Sigma, .02000576133, 1e-11)
	near(t, "synthetic kappa", f.Kappa, .01999966528, 1e-11)
	near(t, "synthetic lambda", f.Lambda, 1.000005122, 1e-9)
}

// Both branches, and not the formula without kappa, which gives 15.35 and
// 17.73.
func TestConcurrencyFromThroughput(t *testing.T) {
	f := mustFit(t, cisco)
	for _, c := range []struct{ x, below, beyond float64 }{{11048, 19.923903, 63.5164}, {12201, 29.569036, 42.7980}} {
		below, beyond, err := f.ConcurrencyAt(c.x)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "the branch below the peak", below, c.below, 1e-6)
		near(t, "the branch beyond it", beyond, c.beyond, 1e-4)
		near(t, "the way back", f.Throughput(below), c.x, 1e-6)
		near(t, "the way back from beyond", f.Throughput(beyond), c.x, 1e-6)
	}
	for _, x := range []float64{0, -1, 12343, math.NaN(), math.Inf(1)} {
		if _, _, err := f.ConcurrencyAt(x); err == nil || !strings.Contains(err.Error(), "allowed") {
			t.Errorf("throughput %v: %v", x, err)
		}
	}
	amdahl := Model{Lambda: 10, Sigma: 0.1}
	below, beyond, err := amdahl.ConcurrencyAt(50)
	if err != nil || math.Abs(below-9) > 1e-12 || !math.IsInf(beyond, 1) {
		t.Errorf("Amdahl's law: %v, %v, %v", below, beyond, err)
	}
	for _, r := range []float64{0, -1, math.NaN(), math.Inf(1), 1e-9} {
		if n, err := f.ConcurrencyAtLatency(r); err == nil {
			t.Errorf("latency %v: %v", r, n)
		}
	}
	if n, err := amdahl.ConcurrencyAtLatency(amdahl.Latency(7)); err != nil || math.Abs(n-7) > 1e-12 {
		t.Errorf("Amdahl's law: %v, %v", n, err)
	}
	if n, err := (Model{Lambda: 1}).ConcurrencyAtLatency(1); err == nil {
		t.Errorf("linear growth has a concurrency of %v at the latency of one", n)
	}
}

// Data that grow faster than linearly would make sigma negative, data that
// follow Amdahl's law kappa.
func TestBounds(t *testing.T) {
	sample := func(m Model) (points []Point) {
		for n := 1.0; n <= 8; n++ {
			points = append(points, Point{n, m.Throughput(n) * (1 + 1e-3*math.Sin(n))})
		}
		return points
	}
	for _, c := range []struct {
		truth Model
		bound []string
	}{
		{Model{100, 0.1, 0.01}, nil},
		{Model{100, 0.1, -0.003}, []string{"kappa"}},
		{Model{100, -0.05, 0.02}, []string{"sigma"}},
		{Model{100, -0.05, -0.001}, []string{"sigma", "kappa"}},
	} {
		points := sample(c.truth)
		f := mustFit(t, points)
		if !slices.Equal(f.AtBound, c.bound) || f.Sigma < 0 || f.Kappa < 0 {
			t.Errorf("%+v: fitted %+v, at bound %v, want %v", c.truth, f.Model, f.AtBound, c.bound)
		}
		// No neighbour within bounds is better.
		for _, d := range []Model{{1e-3, 0, 0}, {-1e-3, 0, 0}, {0, 1e-5, 0}, {0, -1e-5, 0}, {0, 0, 1e-5}, {0, 0, -1e-5}} {
			m := Model{f.Lambda + d.Lambda, f.Sigma + d.Sigma, f.Kappa + d.Kappa}
			if sse, _, _ := normal(points, m, [3]bool{}); m.Sigma >= 0 && m.Kappa >= 0 && sse < f.SSE {
				t.Errorf("%+v: %+v is better than the fit %+v", c.truth, m, f.Model)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		points []Point
		cores  int
		kind   error
		want   string
	}{
		{synthetic[:5], 0, ErrTooFew, "5; a fit of three parameters needs 6"},
		{append(slices.Clone(synthetic[:5]), synthetic[0], synthetic[1]), 0, ErrTooFew, "5;"},
		{synthetic, 8, ErrOversubscribed, "N = 10 on 8"},
		{synthetic, -1, ErrPoint, "-1 processors"},
		{append(slices.Clone(synthetic), Point{0.5, 1}), 0, ErrPoint, "point 7: N = 0.5; allowed"},
		{append(slices.Clone(synthetic), Point{math.NaN(), 1}), 0, ErrPoint, "N = NaN"},
		{append(slices.Clone(synthetic), Point{math.Inf(1), 1}), 0, ErrPoint, "N = +Inf"},
		{append(slices.Clone(synthetic), Point{3, 0}), 0, ErrPoint, "X = 0"},
		{append(slices.Clone(synthetic), Point{3, math.NaN()}), 0, ErrPoint, "X = NaN"},
		{append(slices.Clone(synthetic), Point{3, math.Inf(1)}), 0, ErrPoint, "X = +Inf"},
		{nil, 0, ErrTooFew, "0;"},
	} {
		if f, err := New(c.points, c.cores); f != nil || !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v on %d: %v; want %q", c.points, c.cores, err, c.want)
		}
	}
	if _, err := New(synthetic, 10); err != nil {
		t.Errorf("as many processors as the points need: %v", err)
	}
}

func TestBootstrap(t *testing.T) {
	f := mustFit(t, cisco)
	a, err := f.Bootstrap(0.95, 1000, 7, 20, 64)
	if err != nil {
		t.Fatal(err)
	}
	n, x := f.Peak()
	for _, c := range []struct {
		what     string
		interval Interval
		value    float64
		error    float64 // standard, 0: not known
	}{
		{"lambda", a.Lambda, f.Lambda, f.Errors.Lambda}, {"sigma", a.Sigma, f.Sigma, f.Errors.Sigma}, {"kappa", a.Kappa, f.Kappa, f.Errors.Kappa},
		{"the peak", a.PeakN, n, 0}, {"its throughput", a.PeakX, x, 0}, {"X(20)", a.Predict[0], f.Throughput(20), 0}, {"X(64)", a.Predict[1], f.Throughput(64), 0},
	} {
		if !(c.interval.Low < c.value && c.value < c.interval.High) {
			t.Errorf("%s: %v is not within %+v", c.what, c.value, c.interval)
		}
		// 95 % is 2 x 1.96 standard errors, where the model is nearly linear.
		if width := c.interval.High - c.interval.Low; c.error > 0 && math.Abs(width/(3.92*c.error)-1) > 0.15 {
			t.Errorf("%s: the interval is %v wide, 3.92 standard errors are %v", c.what, width, 3.92*c.error)
		}
	}
	if in, out := a.Predict[0], a.Predict[1]; in.High-in.Low >= out.High-out.Low {
		t.Errorf("where it extrapolates, %+v, it is no less sure than where it does not, %+v", out, in)
	}
	if !f.Extrapolates(33) || !f.Extrapolates(0.5) || f.Extrapolates(1) || f.Extrapolates(32) {
		t.Error("Cisco was measured from 1 to 32")
	}
	if again, err := f.Bootstrap(0.95, 1000, 7, 20, 64); err != nil || again.Sigma != a.Sigma || again.PeakN != a.PeakN {
		t.Errorf("the same seed gives %+v, before it was %+v, %v", again, a, err)
	}
	for _, bad := range []struct {
		confidence float64
		resamples  int
	}{{0, 1000}, {1, 1000}, {math.NaN(), 1000}, {0.95, 99}, {0.95, 100_001}} {
		if _, err := f.Bootstrap(bad.confidence, bad.resamples, 1); err == nil || !strings.Contains(err.Error(), "allowed") {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestPeakWithoutCoherency(t *testing.T) {
	n, x := Model{Lambda: 10, Sigma: 0.1}.Peak()
	if !math.IsInf(n, 1) || x != 100 {
		t.Errorf("Amdahl's law peaks at %v with %v", n, x)
	}
	if n, x := (Model{Lambda: 10, Sigma: 2, Kappa: 0.1}).Peak(); n != 1 || x != 10 {
		t.Errorf("where two are slower than one the peak is at %v with %v", n, x)
	}
}
