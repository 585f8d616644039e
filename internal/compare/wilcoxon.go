package compare

import (
	"cmp"
	"math"
	"slices"
)

// exactUpTo is up to how many differences that are not 0 [SignedRank] counts
// all signs; above, it takes the normal distribution.
const exactUpTo = 60

// SignedRank is Wilcoxon's signed-rank test (Biometrics Bulletin 1, 1945): it
// returns the probability, two-sided, that differences whose distribution is
// symmetrical about 0 give as extreme a sum of ranks as these or a more extreme
// one. Differences of 0 say nothing and are left out, as Wilcoxon did; equal
// absolute values share the mean of their ranks, and the exact distribution is
// that of the shared ranks. Without a difference it returns 1.
func SignedRank(differences []float64) float64 {
	ranks, positive := doubledRanks(differences)
	if len(ranks) == 0 {
		return 1
	}
	if len(ranks) <= exactUpTo {
		return exactSignedRank(ranks, positive)
	}
	return normalSignedRank(ranks, positive)
}

// doubledRanks returns twice the ranks of the absolute differences, which are
// whole numbers even where ranks are shared, and twice the sum of those of
// positive differences.
func doubledRanks(differences []float64) (ranks []int, positive int) {
	d := slices.DeleteFunc(slices.Clone(differences), func(x float64) bool { return x == 0 })
	slices.SortFunc(d, func(a, b float64) int { return cmp.Compare(math.Abs(a), math.Abs(b)) })
	for i := 0; i < len(d); {
		end := i
		for end < len(d) && math.Abs(d[end]) == math.Abs(d[i]) {
			end++
		}
		shared := i + 1 + end // twice the mean of the ranks i+1 to end
		for ; i < end; i++ {
			ranks = append(ranks, shared)
			if d[i] > 0 {
				positive += shared
			}
		}
	}
	return ranks, positive
}

// exactSignedRank counts in how many of the 2^n choices of signs the smaller
// of the two sums is at most that which was seen.
func exactSignedRank(ranks []int, positive int) float64 {
	total := 0
	for _, r := range ranks {
		total += r
	}
	ways := make([]float64, total+1) // exact up to 2^53, above within a rounding
	ways[0] = 1
	for _, r := range ranks {
		for sum := total; sum >= r; sum-- {
			ways[sum] += ways[sum-r]
		}
	}
	tail := 0.0
	for sum := range min(positive, total-positive) + 1 {
		tail += ways[sum]
	}
	return math.Min(1, 2*tail*math.Pow(2, -float64(len(ranks))))
}

// normalSignedRank takes the sum to be normally distributed, with its variance
// under shared ranks and half a rank of correction for continuity.
func normalSignedRank(ranks []int, positive int) float64 {
	mean, variance := 0.0, 0.0
	for _, r := range ranks {
		rank := float64(r) / 2
		mean += rank / 2
		variance += rank * rank / 4
	}
	distance := math.Abs(float64(positive)/2-mean) - 0.5
	if distance <= 0 {
		return 1
	}
	return math.Erfc(distance / math.Sqrt(2*variance))
}

// LeastPairs returns how many pairs it takes before [SignedRank] can be below
// alpha in one of the given number of rows after Holm's adjustment: with fewer
// no difference whatever could be called.
func LeastPairs(rows int, alpha float64) int {
	n := 1
	for float64(rows)*math.Pow(2, 1-float64(n)) >= alpha {
		n++
	}
	return n
}
