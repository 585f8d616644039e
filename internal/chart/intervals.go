package chart

import (
	"fmt"
	"html/template"
	"math"
	"unicode/utf8"
)

// Intervals are effects with their intervals, one below the other, around 0.
type Intervals struct {
	Title, Description string
	Rows               []Effect
	Format             func(float64) string
}

// An Effect is a row. Low and High may be infinite: then they go to the edge.
type Effect struct {
	Name          string
	At, Low, High float64
	Floor         float64 // what is within this of 0 is noise; NaN: not known
	Class         string  // good, bad, same or unclear
}

// effects is a chart of intervals in one size.
type effects struct {
	Class              string
	Width, Height      int
	Title, Description string
	Ticks              []placed
	Zero               float64
	Top, Bottom        int
	Rows               []effectRow
}

type effectRow struct {
	Class, Name, Shape, Tip string
	Y, Text, Above          int
	Low, High               float64
	Floor                   bool
	FloorLow, FloorWidth    float64
}

// TickText returns where the texts of the axis stand.
func (e *effects) TickText() int { return e.Bottom + 15 }

// HTML returns the chart as a figure.
func (c *Intervals) HTML() (template.HTML, error) {
	return execute("intervals", struct {
		Title    string
		Drawings []*effects
	}{c.Title, []*effects{c.draw("wide", wideWidth), c.draw("narrow", narrowWidth)}})
}

const rowHeight = 40

func (c *Intervals) draw(class string, width int) *effects {
	d := &effects{
		Class: class, Width: width, Top: 4, Bottom: 8 + rowHeight*len(c.Rows), Title: c.Title, Description: c.Description,
	}
	d.Height = d.Bottom + 24
	values := []float64{0}
	for _, r := range c.Rows {
		values = append(values, r.At, r.Low, r.High)
		if !math.IsNaN(r.Floor) {
			values = append(values, r.Floor, -r.Floor)
		}
	}
	axis := &Axis{Format: c.Format}
	x := newScale(axis, values, 24, float64(width-24), width/90)
	d.Ticks = spaced(x)
	d.Zero = x.at(0)
	within := func(v float64) float64 { return min(max(x.at(v), 2), float64(width-2)) }
	for i, r := range c.Rows {
		y := 4 + rowHeight*i + 28
		row := effectRow{
			Class: r.Class, Name: shortened(r.Name, int(float64(width-8)/characterWidth)), Y: y, Text: y - 14, Above: y - 7,
			Low: within(r.Low), High: within(r.High),
			Shape: fmt.Sprintf("M%.1f %d%s", within(r.At), y, shapes[0]),
			Tip:   fmt.Sprintf("%s: %s, %s to %s", r.Name, axis.text(r.At), axis.text(r.Low), axis.text(r.High)),
		}
		if !math.IsNaN(r.Floor) {
			row.Floor, row.FloorLow = true, within(-r.Floor)
			row.FloorWidth = within(r.Floor) - row.FloorLow
		}
		d.Rows = append(d.Rows, row)
	}
	return d
}

func shortened(s string, runes int) string {
	if utf8.RuneCountInString(s) <= runes {
		return s
	}
	return string([]rune(s)[:runes-1]) + "…"
}
