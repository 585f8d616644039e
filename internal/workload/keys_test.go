package workload

import (
	"math"
	"strings"
	"testing"
)

func TestScrambleIsAPermutation(t *testing.T) {
	sizes := []uint64{65_536, 65_537, 100_000, 999_983}
	for n := uint64(1); n <= 300; n++ {
		sizes = append(sizes, n)
	}
	for _, n := range sizes {
		s := newScramble(n, 7)
		seen := make([]bool, n)
		for x := range n {
			y := s.of(x)
			if y >= n || seen[y] {
				t.Fatalf("n = %d: %d goes to %d, which is outside or taken", n, x, y)
			}
			seen[y] = true
		}
	}
}

func TestScrambleSpreadsHotKeys(t *testing.T) {
	const n, hot = 1_000_000, 1_000
	for seed := range uint64(5) {
		s := newScramble(n, seed)
		var tenths [10]int
		for x := range uint64(hot) {
			tenths[s.of(x)*10/n]++
		}
		for i, c := range tenths {
			if c < 50 || c > 150 {
				t.Errorf("seed %d: of the %d hottest ranks %d lie in tenth %d of the keys", seed, hot, c, i)
			}
		}
	}
}

func TestScrambledZipfKeepsItsLaw(t *testing.T) {
	const n = 1_000
	law, err := Zipf(0.99)
	if err != nil {
		t.Fatal(err)
	}
	k := newKeys(law, n, 3)
	r := newRandom(3, domainStream, 0)
	byKey := make([]float64, n)
	for range 1_000_000 {
		byKey[k.draw(r)]++
	}
	byRank := make([]float64, n)
	for rank := range uint64(n) {
		byRank[rank] = byKey[k.spread.of(rank)]
	}
	if sigmas := chiSquare(byRank, 0.99); sigmas > 4 {
		t.Errorf("chi-square lies %.1f standard deviations above the law's", sigmas)
	}
}

func TestUniformKeys(t *testing.T) {
	for _, n := range []int{1, 2, 3, 1_000} {
		k := newKeys(Uniform, n, 1)
		r := newRandom(1, domainStream, 0)
		const draws = 300_000
		counts := make([]float64, n)
		for range draws {
			counts[k.draw(r)]++
		}
		expected := draws / float64(n)
		for key, c := range counts {
			if math.Abs(c-expected) > 6*math.Sqrt(expected) {
				t.Errorf("n = %d: key %d was drawn %.0f times, expected %.0f", n, key, c, expected)
			}
		}
	}
}

func TestLawText(t *testing.T) {
	for _, s := range []string{"uniform", "zipf:0.99", "zipf:1", "zipf:10", "zipf:1e-05"} {
		law, err := ParseLaw(s)
		if err != nil || law.String() != s {
			t.Errorf("ParseLaw(%q) = %v, %v", s, law, err)
		}
	}
	for _, s := range []string{"", "zipf", "zipf:", "zipf:0", "zipf:-1", "zipf:NaN", "zipf:11", "zipf:+Inf", "pareto:1"} {
		if _, err := ParseLaw(s); err == nil || !strings.Contains(err.Error(), "allowed are") {
			t.Errorf("ParseLaw(%q): error %v does not say what is allowed", s, err)
		}
	}
}

func TestMixText(t *testing.T) {
	mix, err := ParseMix("add=5,get=90,remove=5")
	if err != nil || mix != (Mix{90, 5, 5}) || mix.String() != "get=90,add=5,remove=5" {
		t.Errorf("got %v, %v", mix, err)
	}
	for _, s := range []string{"", "get", "get=100,get=0", "get=50", "get=200,add=-100", "get=x", "put=100", "get=90,add=20"} {
		if _, err := ParseMix(s); err == nil || !strings.Contains(err.Error(), `"`+s+`"`) {
			t.Errorf("ParseMix(%q): error %v does not quote the value", s, err)
		}
	}
}
