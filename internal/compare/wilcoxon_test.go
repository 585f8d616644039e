package compare

import (
	"math"
	"math/rand/v2"
	"testing"
)

// withSum returns differences 1 to n in size, of which the negative ones have
// ranks that add up to sum.
func withSum(n, sum int) []float64 {
	d := make([]float64, n)
	for rank := n; rank > 0; rank-- {
		d[rank-1] = float64(rank)
		if rank <= sum {
			sum -= rank
			d[rank-1] = -d[rank-1]
		}
	}
	return d
}

// The critical values that statistics textbooks print for the signed-rank test,
// two-sided: the largest sum of ranks that is significant at the level.
func TestSignedRankAgainstPublishedCriticalValues(t *testing.T) {
	for _, table := range []struct {
		alpha  float64
		values map[int]int
	}{
		{0.05, map[int]int{6: 0, 7: 2, 8: 3, 9: 5, 10: 8, 11: 10, 12: 13, 13: 17, 14: 21, 15: 25, 16: 29, 17: 34, 18: 40, 19: 46, 20: 52, 25: 89, 30: 137}},
		{0.01, map[int]int{8: 0, 9: 1, 10: 3, 11: 5, 12: 7, 13: 9, 14: 12, 15: 15, 16: 19, 17: 23, 18: 27, 19: 32, 20: 37, 25: 68, 30: 109}},
	} {
		for n, critical := range table.values {
			if p := SignedRank(withSum(n, critical)); p > table.alpha {
				t.Errorf("n=%d, sum %d: p=%v is above %v", n, critical, p, table.alpha)
			}
			if p := SignedRank(withSum(n, critical+1)); p <= table.alpha {
				t.Errorf("n=%d, sum %d: p=%v is not above %v", n, critical+1, p, table.alpha)
			}
		}
	}
}

// bySigns is the definition: all choices of signs of the shared ranks.
func bySigns(differences []float64) float64 {
	var d []float64
	for _, x := range differences {
		if x != 0 {
			d = append(d, x)
		}
	}
	if len(d) == 0 {
		return 1
	}
	ranks := make([]float64, len(d))
	total, positive := 0.0, 0.0
	for i, x := range d {
		less, equal := 0, 0
		for _, y := range d {
			switch {
			case math.Abs(y) < math.Abs(x):
				less++
			case math.Abs(y) == math.Abs(x):
				equal++
			}
		}
		ranks[i] = float64(less) + float64(equal+1)/2
		total += ranks[i]
		if x > 0 {
			positive += ranks[i]
		}
	}
	seen := math.Abs(positive - total/2)
	extreme := 0
	for signs := range 1 << len(d) {
		sum := 0.0
		for i, r := range ranks {
			if signs>>i&1 == 1 {
				sum += r
			}
		}
		if math.Abs(sum-total/2) >= seen-1e-9 {
			extreme++
		}
	}
	return float64(extreme) / float64(int(1)<<len(d))
}

func TestSignedRankAgainstAllSigns(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		d := make([]float64, random.IntN(12))
		for i := range d {
			d[i] = float64(random.IntN(9) - 3) // zeros and shared ranks
		}
		if got, want := SignedRank(d), bySigns(d); math.Abs(got-want) > 1e-12 {
			t.Errorf("%v: p=%v, by all signs %v", d, got, want)
		}
	}
}

// Above exactUpTo the normal distribution must be close to the exact one.
func TestSignedRankNormalIsClose(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		d := make([]float64, 80)
		for i := range d {
			d[i] = math.Round(10*(random.NormFloat64()+random.Float64()*0.5)) / 10
		}
		ranks, positive := doubledRanks(d)
		exact, normal := exactSignedRank(ranks, positive), normalSignedRank(ranks, positive)
		if math.Abs(exact-normal) > 0.005 {
			t.Errorf("exact %v, normal %v", exact, normal)
		}
		if SignedRank(d) != normal {
			t.Errorf("%d differences did not go by the normal distribution", len(ranks))
		}
	}
}

func TestSignedRankOfInfiniteDifferences(t *testing.T) {
	if p := SignedRank([]float64{math.Inf(1), 1, 2, 3, math.Inf(1), 4, 5, 6}); p != 2.0/256 {
		t.Errorf("p=%v of eight positive differences, want 2/256", p)
	}
}

func TestLeastPairs(t *testing.T) {
	for _, c := range []struct {
		rows, want int
		alpha      float64
	}{{1, 8, 0.01}, {2, 9, 0.01}, {1, 6, 0.05}, {4, 10, 0.01}} {
		if got := LeastPairs(c.rows, c.alpha); got != c.want {
			t.Errorf("%d rows at %v: %d pairs, want %d", c.rows, c.alpha, got, c.want)
		}
	}
}

// Known answers: the four p-values of a textbook example, and those of R's
// p.adjust(c(0.01, 0.02, 0.03, 0.04), "holm").
func TestHolm(t *testing.T) {
	for _, c := range []struct{ p, want []float64 }{
		{[]float64{0.01, 0.04, 0.03, 0.005}, []float64{0.03, 0.06, 0.06, 0.02}},
		{[]float64{0.01, 0.02, 0.03, 0.04}, []float64{0.04, 0.06, 0.06, 0.06}},
		{[]float64{0.9, 0.8}, []float64{1, 1}},
		{nil, []float64{}},
	} {
		got := Holm(c.p)
		for i := range got {
			if math.Abs(got[i]-c.want[i]) > 1e-12 {
				t.Errorf("%v: %v, want %v", c.p, got, c.want)
				break
			}
		}
	}
}
