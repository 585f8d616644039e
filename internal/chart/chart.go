package chart

// A Chart is lines over two axes.
type Chart struct {
	Title string

	// Description says in words what is to be seen, for those who cannot see
	// it.
	Description string

	X, Y   Axis
	Bands  []Band
	Marks  []Mark
	Series []Series
}

// A Series is a line.
type Series struct {
	Name   string
	Note   string // what stands behind the name in the legend: a figure, so that none must be read from the chart
	Points []Point

	// Color is the number of the series whose colour it has, one more than it:
	// 0 stands for its own.
	Color int

	Dashed bool // more than the others: a model, not a measurement
	Plain  bool // without markers
}

// A Point is a place of a line. One that is no number ends the line, which
// begins again with the next one.
type Point struct {
	X, Y float64

	// Low and High are an interval, if Interval says so.
	Low, High float64
	Interval  bool
}

// A Band is a part of the x axis that is shaded.
type Band struct {
	From, To float64
	Name     string
}

// A Mark is a line across the chart at a place of the x axis.
type Mark struct {
	At   float64
	Name string
}

// values of the points on both axes.
func (c *Chart) values() (xs, ys []float64) {
	for _, s := range c.Series {
		for _, p := range s.Points {
			if !c.X.valid(p.X) || !c.Y.valid(p.Y) {
				continue
			}
			xs, ys = append(xs, p.X), append(ys, p.Y)
			if p.Interval {
				ys = append(ys, p.Low, p.High)
			}
		}
	}
	for _, b := range c.Bands {
		xs = append(xs, b.From, b.To)
	}
	for _, m := range c.Marks {
		xs = append(xs, m.At)
	}
	return xs, ys
}

// Empty tells whether there is nothing to draw.
func (c *Chart) Empty() bool {
	for _, s := range c.Series {
		for _, p := range s.Points {
			if c.X.valid(p.X) && c.Y.valid(p.Y) {
				return false
			}
		}
	}
	return true
}
