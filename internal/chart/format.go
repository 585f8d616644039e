package chart

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Number writes three digits of a number and a metric prefix where it is not
// near 1: 1.25M, 43k, 0.5.
func Number(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	x := math.Abs(v)
	for _, p := range []struct {
		least  float64
		prefix string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if x >= p.least*0.9995 {
			return digits(v/p.least) + p.prefix
		}
	}
	return digits(v)
}

// Percent writes a share, 0 to 1, in per cent.
func Percent(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	return digits(100*v) + " %"
}

// Seconds writes a time given in seconds in the unit that suits it.
func Seconds(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	if v == 0 {
		return "0 s"
	}
	x := math.Abs(v)
	for _, u := range []struct {
		of   float64
		name string
	}{{1, " s"}, {1e-3, " ms"}, {1e-6, " µs"}, {1e-9, " ns"}} {
		if x >= u.of*0.9995 || u.of == 1e-9 {
			return digits(v/u.of) + u.name
		}
	}
	return ""
}

// Bytes writes a number of bytes with a binary prefix.
func Bytes(v float64) string {
	x := math.Abs(v)
	for _, u := range []struct {
		of   float64
		name string
	}{{1 << 40, " TiB"}, {1 << 30, " GiB"}, {1 << 20, " MiB"}, {1 << 10, " KiB"}} {
		if x >= u.of {
			return digits(v/u.of) + u.name
		}
	}
	return digits(v) + " B"
}

// digits writes three significant digits, and whole numbers below 10000 as they
// are, without an exponent.
func digits(v float64) string {
	x := math.Abs(v)
	switch {
	case x == 0:
		return "0"
	case x >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case x < 1e-3:
		return fmt.Sprintf("%.2g", v)
	}
	places := 2 - int(math.Floor(math.Log10(x)+1e-9))
	text := strconv.FormatFloat(v, 'f', max(places, 0), 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}
