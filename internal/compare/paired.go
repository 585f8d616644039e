package compare

import (
	"fmt"
	"math"
	"slices"

	"github.com/aclements/go-moremath/stats"
)

// Paired compares the pairs of every row and sets the fields that follow them.
// It refuses figures that have no ratio, and rows without a pair. Pairs of one
// launch count as one, by the median of their log-ratios.
func Paired(rows []Row, rule Rule) error {
	if err := rule.Check(); err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		if len(r.Base) == 0 || len(r.Base) != len(r.Head) || len(r.Again) != 0 && len(r.Again) != len(r.Base) {
			return fmt.Errorf("%s, %s: %d figures of the base, %d of the head and %d of the base again; they must be as many, and not none", r.Name, r.Unit, len(r.Base), len(r.Head), len(r.Again))
		}
		if n := r.perLaunch(); n < 1 || len(r.Base)%n != 0 {
			return fmt.Errorf("%s, %s: %d pairs are not whole launches of %d", r.Name, r.Unit, len(r.Base), n)
		}
		if err := r.check(); err != nil {
			return err
		}
		d := r.logRatios(r.Head)
		r.Effect, r.P = Median(d), SignedRank(d)
		r.least = math.Pow(2, 1-float64(len(d)))
		r.Interval = bootstrapMedian(d, 1-rule.Alpha)
		r.Floor = math.NaN()
		if len(r.Again) > 0 {
			r.Floor = bootstrapMedian(r.logRatios(r.Again), 1-rule.Alpha).reach()
		}
	}
	judge(rows, rule)
	return nil
}

// Unpaired compares figures of separate runs: medians, and the Mann-Whitney U
// test. It refuses figures that have no ratio, and rows where one side has none.
func Unpaired(rows []Row, rule Rule) error {
	if err := rule.Check(); err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		if len(r.Base) == 0 || len(r.Head) == 0 {
			return fmt.Errorf("%s, %s: %d figures of the base and %d of the head; neither may be none", r.Name, r.Unit, len(r.Base), len(r.Head))
		}
		if err := r.check(); err != nil {
			return err
		}
		base, head := r.Base, r.Head
		if r.MoreIsBetter {
			base, head = head, base
		}
		r.Effect = logRatio(Median(base), Median(head))
		r.Interval = bootstrapMedianRatio(base, head, 1-rule.Alpha)
		r.Floor = math.NaN()
		r.least = 2 / choose(len(base)+len(head), len(base))
		r.P = 1 // where all figures are equal
		if u, err := stats.MannWhitneyUTest(r.Base, r.Head, stats.LocationDiffers); err == nil {
			r.P = u.P
		}
	}
	judge(rows, rule)
	return nil
}

func (p Pairs) perLaunch() int {
	if p.PerLaunch == 0 {
		return 1
	}
	return p.PerLaunch
}

// logRatios returns the logarithms of the ratios of costs, others to base, one
// a launch.
func (r *Row) logRatios(others []float64) (launches []float64) {
	d := make([]float64, len(r.Base))
	for i := range r.Base {
		d[i] = logRatio(r.Base[i], others[i])
		if r.MoreIsBetter {
			d[i] = -d[i]
		}
	}
	for launch := range slices.Chunk(d, r.perLaunch()) {
		launches = append(launches, Median(launch))
	}
	return launches
}

// choose returns in how many ways k of n can be chosen.
func choose(n, k int) float64 {
	ways := 1.0
	for i := range k {
		ways *= float64(n-i) / float64(i+1)
	}
	return ways
}

// check reports a figure that is not a number of 0 or more.
func (r *Row) check() error {
	for _, figures := range [][]float64{r.Base, r.Head, r.Again} {
		for _, x := range figures {
			if !(x >= 0) || math.IsInf(x, 1) {
				return fmt.Errorf("%s, %s: the figure %v has no ratio; allowed are finite numbers of 0 or more", r.Name, r.Unit, x)
			}
		}
	}
	return nil
}
