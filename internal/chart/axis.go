package chart

import (
	"math"
)

// An Axis is one of a chart's two.
type Axis struct {
	Label string
	Log   bool // values of 0 or less are left out

	// Zero makes a linear axis begin at 0; Whole has its ticks at whole numbers.
	Zero, Whole bool

	// Format writes a value at a tick or in a tooltip; nil: [Number].
	Format func(float64) string

	// Ticks are where marks are put, nil: at round numbers.
	Ticks []Tick
}

// A Tick is a mark on an axis.
type Tick struct {
	At   float64
	Text string
}

func (a *Axis) text(v float64) string {
	if a.Format != nil {
		return a.Format(v)
	}
	return Number(v)
}

// valid tells whether the axis has a place for a value.
func (a *Axis) valid(v float64) bool {
	return !math.IsNaN(v) && !math.IsInf(v, 0) && (!a.Log || v > 0)
}

// A scale maps values of an axis to places between two pixels.
type scale struct {
	axis     *Axis
	low, top float64 // values, logarithms of them on a logarithmic axis
	from, to float64 // pixels
	ticks    []Tick
}

// newScale makes a scale for values, with about as many ticks as are wanted.
func newScale(a *Axis, values []float64, from, to float64, ticks int) *scale {
	low, top := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if a.valid(v) {
			low, top = min(low, v), max(top, v)
		}
	}
	if low > top {
		low, top = 0, 1
		if a.Log {
			low, top = 1, 10
		}
	}
	s := &scale{axis: a, from: from, to: to}
	switch {
	case a.Ticks != nil:
		s.given(low, top)
	case a.Log:
		s.logarithmic(low, top, ticks)
	default:
		s.linear(low, top, ticks)
	}
	return s
}

func (s *scale) value(v float64) float64 {
	if s.axis.Log {
		return math.Log10(v)
	}
	return v
}

// at returns the pixel of a value.
func (s *scale) at(v float64) float64 {
	return s.from + (s.value(v)-s.low)/(s.top-s.low)*(s.to-s.from)
}

// given uses the axis's own ticks, those within the values and the first beyond.
func (s *scale) given(low, top float64) {
	for _, t := range s.axis.Ticks {
		s.ticks = append(s.ticks, t)
		if t.At >= top {
			break
		}
	}
	s.low, s.top = s.value(min(low, s.ticks[0].At)), s.value(max(top, s.ticks[len(s.ticks)-1].At))
	s.apart()
}

// apart keeps the ends of an axis from being the same.
func (s *scale) apart() {
	if !(s.top > s.low) {
		s.top = s.low + 1
	}
}

// linear puts ticks at multiples of 1, 2 or 5 times a power of ten.
func (s *scale) linear(low, top float64, ticks int) {
	if s.axis.Zero {
		low = min(low, 0)
		top = max(top, 0)
	}
	if s.axis.Zero && low == 0 && top == 0 {
		top = 1
	}
	if low == top {
		pad := max(math.Abs(low)/10, 1e-9)
		low, top = low-pad, top+pad
		if s.axis.Zero {
			low = max(low, 0)
		}
	}
	step := niceStep((top - low) / float64(max(ticks, 2)))
	if s.axis.Whole {
		step = max(step, 1)
	}
	first, last := math.Floor(low/step+1e-9), math.Ceil(top/step-1e-9)
	s.low, s.top = first*step, last*step
	s.apart()
	for i := first; i <= last; i++ {
		v := i * step
		s.ticks = append(s.ticks, Tick{v, s.axis.text(v)})
	}
}

// niceStep returns the least of 1, 2 and 5 times a power of ten that is not
// below a distance.
func niceStep(distance float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(distance)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= distance*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// logarithmic puts ticks at powers of ten, and at 2 and 5 times them where
// there are few powers.
func (s *scale) logarithmic(low, top float64, ticks int) {
	parts := []float64{1}
	if math.Log10(top/low) < float64(ticks)/3 {
		parts = []float64{1, 2, 5}
	}
	first, last := math.Floor(math.Log10(low)), math.Ceil(math.Log10(top))
	skip := math.Ceil((last - first) / float64(max(ticks, 2)))
	var all []float64
	for e := first; e <= last+1; e += max(skip, 1) {
		for _, m := range parts {
			all = append(all, m*math.Pow(10, e))
		}
	}
	// From the last tick that is not above all values to the first that is not
	// below them.
	for i, v := range all {
		if i+1 < len(all) && all[i+1] <= low*(1+1e-9) {
			continue
		}
		s.ticks = append(s.ticks, Tick{v, s.axis.text(v)})
		if v >= top*(1-1e-9) && len(s.ticks) > 1 {
			break
		}
	}
	s.low, s.top = s.value(s.ticks[0].At), s.value(s.ticks[len(s.ticks)-1].At)
	s.apart()
}
