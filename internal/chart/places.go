package chart

import "fmt"

// What the template asks of a drawing.

// PlotHeight returns the height of the plot.
func (d *drawing) PlotHeight() float64 { return d.Bottom - d.Top }

// BandText returns where the names of bands stand.
func (d *drawing) BandText() float64 { return d.Top + 12 }

// YText returns where the texts of the y axis end.
func (d *drawing) YText() string { return fmt.Sprintf("%.1f", d.Left-5) }

// XText returns where the texts of the x axis stand.
func (d *drawing) XText() float64 { return d.Bottom + 17 }

// XLabelAt returns where the name of the x axis stands.
func (d *drawing) XLabelAt() float64 { return d.Bottom + 34 }

// rightHalf tells whether what is written at a place should end there.
func (d *drawing) rightHalf(at float64) bool { return at > (d.Left+d.Right)/2 }

// Anchor returns on which side of a mark its text stands.
func (d *drawing) Anchor(at float64) string {
	if d.rightHalf(at) {
		return "end"
	}
	return "start"
}

// Aside returns how far from a mark its text stands.
func (d *drawing) Aside(at float64) int {
	if d.rightHalf(at) {
		return -4
	}
	return 4
}

// Middle returns the middle of a band.
func (b box) Middle() string { return fmt.Sprintf("%.1f", b.X+b.Width/2) }
