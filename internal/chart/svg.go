package chart

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"strings"
	"unicode/utf8"
)

//go:embed chart.tmpl
var source string

var templates = template.Must(template.New("charts").Parse(source))

//go:embed chart.css
var style string

// Style is what a page with charts has in its style sheet. It uses the
// variables --text, --muted, --line and --ground.
func Style() string { return style }

// Shapes of a chart in pixels.
const (
	wideWidth, wideHeight     = 640, 300
	narrowWidth, narrowHeight = 330, 250

	top, right, bottom = 14, 14, 40
	characterWidth     = 6.6 // of the axes' font, about
)

// colors is how many series have one of their own.
const colors = 7

// HTML returns the chart as a figure with its legend.
func (c *Chart) HTML() (template.HTML, error) {
	v := figure{Chart: c, Legend: c.legend()}
	v.Drawings = []*drawing{c.draw("wide", wideWidth, wideHeight), c.draw("narrow", narrowWidth, narrowHeight)}
	return execute("figure", v)
}

func execute(name string, data any) (template.HTML, error) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		return "", fmt.Errorf("drawing a chart: %w", err)
	}
	return template.HTML(b.String()), nil //nolint:gosec // html/template has escaped it
}

// figure is what the template of a chart is given.
type figure struct {
	*Chart
	Drawings []*drawing
	Legend   []legend
}

type legend struct {
	Class, Name, Note string
}

// A drawing is a chart in one size.
type drawing struct {
	Class         string
	Width, Height int

	Left, Top, Right, Bottom float64 // of the plot
	XTicks, YTicks           []placed
	Bands                    []box
	Marks                    []placed
	Lines                    []line
	XLabel, YLabel           string
	Title, Description       string
}

type placed struct {
	At   float64
	Text string
	Row  float64 // where the text stands, on the other axis for a mark, on its own for a tick
}

type box struct {
	X, Width float64
	Text     string // empty where it would not fit
	Name     string
}

type line struct {
	Class     string
	Path      string
	Markers   []marker
	Intervals []interval
}

type marker struct {
	X, Y  float64
	Shape string // the path of what is drawn there, empty: nothing that is seen
	Text  string
}

type interval struct{ X, Low, High float64 }

func seriesClass(i int, s *Series) string {
	if s.Color > 0 {
		i = s.Color - 1
	}
	class := fmt.Sprintf("s%d", i%colors)
	if s.Dashed {
		class += " model"
	}
	return class
}

func (c *Chart) legend() (all []legend) {
	for i := range c.Series {
		s := &c.Series[i]
		all = append(all, legend{seriesClass(i, s), s.Name, s.Note})
	}
	return all
}

// draw lays the chart out.
func (c *Chart) draw(class string, width, height int) *drawing {
	d := &drawing{
		Class: class, Width: width, Height: height, Top: top, Right: float64(width - right), Bottom: float64(height - bottom),
		XLabel: c.X.Label, YLabel: c.Y.Label, Title: c.Title, Description: c.Description,
	}
	if c.Y.Label != "" {
		d.Top += 14
	}
	xs, ys := c.values()
	y := newScale(&c.Y, ys, d.Bottom, d.Top, height/50)
	d.Left = 8
	for _, t := range y.ticks {
		d.YTicks = append(d.YTicks, placed{At: y.at(t.At), Text: t.Text})
		d.Left = max(d.Left, 8+characterWidth*float64(utf8.RuneCountInString(t.Text)))
	}
	x := newScale(&c.X, xs, d.Left, d.Right, width/80)
	d.XTicks = spaced(x)
	for _, b := range c.Bands {
		d.Bands = append(d.Bands, band(x, b))
	}
	for i, m := range c.Marks {
		if at := x.at(m.At); at >= d.Left-1 && at <= d.Right+1 {
			d.Marks = append(d.Marks, placed{At: at, Text: m.Name, Row: d.Top + 11 + float64(i%3)*13})
		}
	}
	for i := range c.Series {
		d.Lines = append(d.Lines, c.line(i, x, y))
	}
	return d
}

// spaced returns the ticks whose text has room.
func spaced(x *scale) (all []placed) {
	end := -1000.0
	for _, t := range x.ticks {
		at, half := x.at(t.At), characterWidth*float64(utf8.RuneCountInString(t.Text))/2
		if at-half < end+6 {
			continue
		}
		all = append(all, placed{At: at, Text: t.Text, Row: max(min(at, x.to+right-half), half)})
		end = at + half
	}
	return all
}

func band(x *scale, b Band) box {
	from, to := x.at(b.From), x.at(b.To)
	text := b.Name
	if characterWidth*float64(utf8.RuneCountInString(text)) > to-from {
		text = ""
	}
	return box{X: from, Width: to - from, Text: text, Name: b.Name}
}

// markersUpTo is how many points of a line are marked by a shape, and
// tooltipsUpTo how many have a tooltip.
const (
	markersUpTo  = 40
	tooltipsUpTo = 400
)

// shapes of markers around their point.
var shapes = [colors]string{
	"m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z", // circle
	"m-3.2-3.2h6.4v6.4h-6.4z",                      // square
	"m0-4.2l4 7.2h-8z",                             // triangle
	"m0-4.5l4.5 4.5l-4.5 4.5l-4.5-4.5z",            // diamond
	"m0 4.2l4-7.2h-8z",                             // triangle upside down
	"m-3.2-1.2h6.4v2.4h-6.4z",                      // bar
	"m-1.2-3.6h2.4v7.2h-2.4z",                      // post
}

// line lays a series out.
func (c *Chart) line(i int, x, y *scale) line {
	s := &c.Series[i]
	l := line{Class: seriesClass(i, s)}
	var path strings.Builder
	pen := byte('M')
	every := (len(s.Points) + tooltipsUpTo - 1) / tooltipsUpTo
	for k, p := range s.Points {
		if !c.X.valid(p.X) || !c.Y.valid(p.Y) {
			pen = 'M'
			continue
		}
		px, py := x.at(p.X), y.at(p.Y)
		fmt.Fprintf(&path, "%c%.1f %.1f", pen, px, py)
		pen = 'L'
		if p.Interval && c.Y.valid(p.Low) && c.Y.valid(p.High) {
			l.Intervals = append(l.Intervals, interval{px, y.at(p.Low), y.at(p.High)})
		}
		if s.Plain || k%every != 0 {
			continue
		}
		m := marker{X: px, Y: py, Text: fmt.Sprintf("%s: %s at %s", s.Name, c.Y.text(p.Y), c.X.text(p.X))}
		if len(s.Points) <= markersUpTo {
			m.Shape = fmt.Sprintf("M%.1f %.1f%s", px, py, shapes[i%colors])
		}
		l.Markers = append(l.Markers, m)
	}
	l.Path = path.String()
	return l
}
