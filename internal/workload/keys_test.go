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
	for _, s := range []string{"uniform", "zipf:0.99", "zipf:1", "zipf:10", "zipf:1e-05", "hotspot:20:80", "hotspot:0.1:99.9", "latest:0.99", "scan:100", "cyclic"} {
		law, err := ParseLaw(s)
		if err != nil || law.String() != s {
			t.Errorf("ParseLaw(%q) = %v, %v", s, law, err)
		}
	}
	for _, s := range []string{"", "zipf", "zipf:", "zipf:0", "zipf:-1", "zipf:NaN", "zipf:11", "zipf:+Inf", "pareto:1",
		"hotspot", "hotspot:20", "hotspot:0:80", "hotspot:20:100", "hotspot:x:80", "latest:0", "latest:x", "scan:0", "scan:x", "scan:1:2", "cyclic:1", "uniform:1",
	} {
		if _, err := ParseLaw(s); err == nil || !strings.Contains(err.Error(), "allowed are") {
			t.Errorf("ParseLaw(%q): error %v does not say what is allowed", s, err)
		}
	}
}

func TestMixText(t *testing.T) {
	mix, err := ParseMix("add=5,get=90,remove=5")
	if err != nil || mix != (Mix{Get: 90, Add: 5, Remove: 5}) || mix.String() != "get=90,add=5,remove=5" {
		t.Errorf("got %v, %v", mix, err)
	}
	for _, s := range []string{"", "get", "get=100,get=0", "get=50", "get=200,add=-100", "get=x", "put=100", "get=90,add=20"} {
		if _, err := ParseMix(s); err == nil || !strings.Contains(err.Error(), `"`+s+`"`) {
			t.Errorf("ParseMix(%q): error %v does not quote the value", s, err)
		}
	}
}

func TestHotspotKeys(t *testing.T) {
	const n, draws = 1_000, 1_000_000
	law, err := Hotspot(20, 80)
	if err != nil {
		t.Fatal(err)
	}
	k := newKeys(law, n, 5)
	r := newRandom(5, domainStream, 0)
	counts := make([]float64, n)
	for range draws {
		counts[k.draw(r)]++
	}
	// 200 keys share 80 % of the draws, 800 the rest, each within six standard
	// deviations.
	for rank := range uint64(n) {
		expected := 0.8 * draws / 200
		if rank >= 200 {
			expected = 0.2 * draws / 800
		}
		if c := counts[k.spread.of(rank)]; math.Abs(c-expected) > 6*math.Sqrt(expected) {
			t.Errorf("the key of rank %d was drawn %.0f times, expected %.0f", rank, c, expected)
		}
	}
}

func TestLatestKeysFollowTheAdds(t *testing.T) {
	const n = 1_000
	law, err := Latest(0.99)
	if err != nil {
		t.Fatal(err)
	}
	k := newKeys(law, n, 5)
	r := newRandom(5, domainStream, 0)
	byAge := make([]float64, n)
	latest := uint64(n - 1)
	for i := range 400_000 {
		if i%4 == 0 {
			added := k.add(r)
			if added != (latest+1)%n {
				t.Fatalf("add %d has key %d, after %d", i, added, latest)
			}
			latest = added
			continue
		}
		byAge[(latest+n-k.draw(r))%n]++
	}
	if sigmas := chiSquare(byAge, 0.99); sigmas > 4 {
		t.Errorf("chi-square of the ages lies %.1f standard deviations above the law's", sigmas)
	}
}

func TestScanAndCyclicKeys(t *testing.T) {
	const n = 37
	law, err := ScanKeys(5)
	if err != nil {
		t.Fatal(err)
	}
	k := newKeys(law, n, 5)
	r := newRandom(5, domainStream, 0)
	starts := make(map[uint64]bool)
	for range 2_000 {
		first := k.draw(r)
		starts[first] = true
		for i := range uint64(4) {
			if key := k.draw(r); key != (first+i+1)%n {
				t.Fatalf("key %d of a run from %d is %d", i+1, first, key)
			}
		}
	}
	if len(starts) != n {
		t.Errorf("runs began at %d of %d keys", len(starts), n)
	}

	k = newKeys(Cyclic, n, 5)
	last := k.draw(r)
	for i := range 10 * n {
		key := k.draw(r)
		if key != (last+1)%n {
			t.Fatalf("draw %d is %d, after %d", i, key, last)
		}
		last = key
	}
}

func TestACyclicStreamBeginsAgainWhereItEnds(t *testing.T) {
	spec := testSpec(Get)
	spec.Sessions, spec.Keys = 1_237, Cyclic
	stream := NewStreams(spec, 1)[0]
	o := stream.Operations()
	if first, last := o[0].Key(), o[len(o)-1].Key(); (last+1)%spec.Sessions != first {
		t.Errorf("the stream ends with key %d and begins with %d", last, first)
	}
}

func TestLatestNeedsAddsOrNone(t *testing.T) {
	law, err := Latest(1)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range Kinds() {
		spec := testSpec(kind)
		spec.Keys = law
		if err, allowed := spec.Check(), kind == Get || kind == Mixed; (err == nil) != allowed {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
