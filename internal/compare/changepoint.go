package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/aclements/go-moremath/mathx"
	"github.com/aclements/go-moremath/stats"
)

// ChangeRule is what makes a change point. The defaults are those of Apache
// Otava.
type ChangeRule struct {
	Window    int     // points in a sliding window, 2 or more
	MaxP      float64 // of the t test between the points before and after
	Magnitude float64 // least relative change of the mean, in the direction in which it is larger
}

// DefaultChangeRule is Otava's.
var DefaultChangeRule = ChangeRule{Window: 50, MaxP: 0.001}

// Check reports what is wrong with the rule.
func (r ChangeRule) Check() error {
	switch {
	case r.Window < 2:
		return fmt.Errorf("window of %d points; allowed are 2 or more", r.Window)
	case !(r.MaxP > 0 && r.MaxP < 1):
		return fmt.Errorf("p of at most %v; allowed are numbers above 0 and below 1", r.MaxP)
	case !(r.Magnitude >= 0):
		return fmt.Errorf("magnitude of at least %v; allowed are 0 and more", r.Magnitude)
	}
	return nil
}

// A ChangePoint is where a series changed its level.
type ChangePoint struct {
	Index  int     // the first point after the change
	Before float64 // mean from the change point before to this one
	After  float64 // mean from this one to the next
	P      float64
}

// Ratio returns After/Before.
func (c ChangePoint) Ratio() float64 { return c.After / c.Before }

// magnitude is the larger of the relative changes forth and back.
func (c ChangePoint) magnitude() float64 {
	forth, back := 0.0, 0.0
	if c.Before != 0 {
		forth = math.Abs(c.After/c.Before - 1)
	}
	if c.After != 0 {
		back = math.Abs(c.Before/c.After - 1)
	}
	return math.Max(forth, back)
}

// ChangePoints finds where the level of a series of finite numbers changed. It
// is E-divisive (Matteson and James, JASA 109, 2014, arXiv 1306.4933) as in
// Apache Otava, which follows Hunter (Fleming et al., ICPE 2023, arXiv
// 2301.03034): candidates are where the energy distance between what lies
// before and after is largest; Student's t test, not permutations, says which
// of them count, so that the same series has the same change points every time;
// windows slide by half their length; and candidates are first taken with a
// weaker p, then thrown out one by one, the weakest first, since a strong one
// may hide behind a weak one.
func ChangePoints(series []float64, rule ChangeRule) ([]ChangePoint, error) {
	if err := rule.Check(); err != nil {
		return nil, err
	}
	for i, x := range series {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("point %d of the series is %v; allowed are finite numbers", i, x)
		}
	}
	return strong(series, candidates(series, rule), rule), nil
}

// candidates returns the change points of all windows, at the weaker p.
func candidates(series []float64, rule ChangeRule) []int {
	maxP := weakP(rule.MaxP)
	var found []int
	for start := 0; start < len(series); {
		end := min(start+rule.Window, len(series))
		next := start + rule.Window/2
		inWindow := divide(series[start:end], maxP)
		for _, i := range inWindow {
			if !slices.Contains(found, start+i) {
				found = append(found, start+i)
			}
		}
		if n := len(inWindow); n > 0 {
			next = max(next, start+inWindow[n-1])
		}
		start = next
	}
	slices.Sort(found)
	return found
}

// weakP is ten times p, less where that would let everything pass.
func weakP(p float64) float64 {
	switch {
	case p < 0.05:
		return 10 * p
	case p < 0.5:
		return 2 * p
	}
	return p
}

// divide splits the series where it differs most, and again what that leaves,
// until the split that is best of all is not significant.
func divide(series []float64, maxP float64) (splits []int) {
	for {
		at, left, right, ok := bestSplit(series, splits)
		if !ok || !(between(series[left:at], series[at:right]).P <= maxP) {
			return splits
		}
		splits = append(splits, at)
		slices.Sort(splits)
	}
}

// bestSplit returns the best split of the parts that there are, and the bounds
// of the part it is in.
func bestSplit(series []float64, splits []int) (at, left, right int, ok bool) {
	most := math.Inf(-1)
	start := 0
	for _, end := range append(slices.Clone(splits), len(series)) {
		if end-start > 1 {
			i, q := mostDistant(series[start:end])
			if q > most {
				at, left, right, ok, most = start+i, start, end, true, q
			}
		}
		start = end
	}
	return at, left, right, ok
}

// mostDistant returns the split of a part, of 2 points or more, with the
// largest scaled energy distance q between its first points and some of those
// that follow: the end of those is chosen too, so that a later change does not
// blur this one.
//
// With sums of distances between the two sides, and within the left and the
// right one, of n and m points,
//
//	q = 2/(n+m) between - 2m/((n+m)(n-1)) left - 2n/((n+m)(m-1)) right,
//
// where a side of one point has no distances. Sums are carried from one end to
// the next; all of a split takes as many steps as there are points times the
// points of its left side.
func mostDistant(part []float64) (split int, q float64) {
	q = math.Inf(-1)
	left := 0.0
	for at := 1; at < len(part); at++ {
		for _, x := range part[:at-1] {
			left += math.Abs(x - part[at-1])
		}
		n := float64(at)
		between, right := 0.0, 0.0
		for end := at + 1; end <= len(part); end++ {
			added := part[end-1]
			for _, x := range part[:at] {
				between += math.Abs(x - added)
			}
			for _, x := range part[at : end-1] {
				right += math.Abs(x - added)
			}
			m := float64(end - at)
			distance := 2 / (n + m) * between
			if at > 1 {
				distance -= 2 * m / ((n + m) * (n - 1)) * left
			}
			if end-at > 1 {
				distance -= 2 * n / ((n + m) * (m - 1)) * right
			}
			if distance > q {
				split, q = at, distance
			}
		}
	}
	return split, q
}

// between compares what lies on the two sides of a change point by Student's t
// test. As in Otava, which the oracles of the tests are from, the variances are
// those of the points, divided by n, not by n-1.
func between(left, right []float64) ChangePoint {
	n, m := float64(len(left)), float64(len(right))
	c := ChangePoint{Before: stats.Mean(left), After: stats.Mean(right), P: 1}
	freedom := n + m - 2
	if freedom <= 0 {
		return c
	}
	pooled := ((n-1)*variance(left, c.Before) + (m-1)*variance(right, c.After)) / freedom
	difference := math.Abs(c.After - c.Before)
	switch {
	case pooled > 0:
		t := difference / math.Sqrt(pooled*(1/n+1/m))
		// Both tails of Student's distribution; 1 minus its middle would lose all
		// digits of a small p.
		c.P = mathx.BetaInc(freedom/(freedom+t*t), freedom/2, 0.5)
	case difference > 0:
		c.P = 0
	}
	return c
}

func variance(points []float64, mean float64) float64 {
	sum := 0.0
	for _, x := range points {
		sum += (x - mean) * (x - mean)
	}
	return sum / float64(len(points))
}

// strong drops candidates until all that are left are significant and large
// enough; the neighbours of one that is dropped get longer sides.
func strong(series []float64, at []int, rule ChangeRule) []ChangePoint {
	points := make([]ChangePoint, len(at))
	for i, index := range at {
		points[i] = ChangePoint{Index: index}
	}
	measure := func(i int) {
		if i < 0 || i >= len(points) {
			return
		}
		left, right := 0, len(series)
		if i > 0 {
			left = points[i-1].Index
		}
		if i+1 < len(points) {
			right = points[i+1].Index
		}
		index := points[i].Index
		points[i] = between(series[left:index], series[index:right])
		points[i].Index = index
	}
	for i := range points {
		measure(i)
	}
	for len(points) > 0 {
		weakest := indexOf(points, func(a, b ChangePoint) int { return -cmp.Compare(a.P, b.P) })
		if points[weakest].P < rule.MaxP {
			weakest = indexOf(points, func(a, b ChangePoint) int { return cmp.Compare(a.magnitude(), b.magnitude()) })
			if points[weakest].magnitude() > rule.Magnitude {
				break
			}
		}
		points = slices.Delete(points, weakest, weakest+1)
		measure(weakest - 1)
		measure(weakest)
	}
	return points
}

// indexOf returns the index of the first of the least points.
func indexOf(points []ChangePoint, compare func(a, b ChangePoint) int) int {
	least := 0
	for i := range points {
		if compare(points[i], points[least]) < 0 {
			least = i
		}
	}
	return least
}
