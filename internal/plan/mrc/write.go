package mrc

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"
)

// Schema names the form of the JSON that [JSON] writes. A field may be added
// under the same name; anything else changes the number.
const Schema = "reprise-mrc/2"

// Everything is written at once, so that an error leaves nothing half-written.

// JSON writes the result: the fields of [Result], and the schema's name.
func JSON(w io.Writer, r *Result) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "\t")
	if err := e.Encode(struct {
		Schema string `json:"schema"`
		*Result
	}{Schema, r}); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// CSV writes a line for each row: policy, size, requests, misses, miss_ratio;
// with lifetimes also lifetime_s, with a sample also standard_error.
func CSV(w io.Writer, r *Result) error {
	var b bytes.Buffer
	c := csv.NewWriter(&b)
	header := []string{"policy", "size", "requests", "misses", "miss_ratio"}
	timed := r.timed()
	if timed {
		header = append(header, "lifetime_s")
	}
	if r.Sample != nil {
		header = append(header, "standard_error")
	}
	lines := [][]string{header}
	for _, row := range r.Rows {
		line := []string{row.Policy, strconv.Itoa(row.Size), strconv.FormatUint(row.Requests, 10), strconv.FormatUint(row.Misses, 10), fmt.Sprintf("%.6f", row.MissRatio())}
		if timed {
			line = append(line, fmt.Sprint(row.Lifetime.Seconds()))
		}
		if r.Sample != nil {
			e := "0"
			if row.Estimate != nil {
				e = fmt.Sprintf("%.6f", row.Estimate.StandardError)
			}
			line = append(line, e)
		}
		lines = append(lines, line)
	}
	if err := c.WriteAll(lines); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (r *Result) timed() bool {
	return slices.ContainsFunc(r.Rows, func(row Row) bool { return row.Lifetime > 0 })
}

// Table writes hit ratios in per cent: a line for each size, a column for each
// policy, a table for each lifetime.
func Table(w io.Writer, r *Result) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d requests for %d ids, resumption %s\n", r.Requests, r.Distinct, r.Resumption)
	var lifetimes []time.Duration
	for _, row := range r.Rows {
		if !slices.Contains(lifetimes, row.Lifetime) {
			lifetimes = append(lifetimes, row.Lifetime)
		}
	}
	for _, lifetime := range lifetimes {
		if lifetime > 0 {
			fmt.Fprintf(&b, "\nlifetime %v\n", lifetime)
		}
		r.table(&b, lifetime)
	}
	if s := r.Sample; s != nil {
		fmt.Fprintf(&b, "\nestimated from %d requests for %d ids, a share of %.4g; ± is the standard error\n", s.Requests, s.IDs, s.Rate)
		if s.Coarse {
			fmt.Fprintln(&b, "warning: the smallest cache would hold fewer than 32 sampled sessions; its estimate is not to be relied on")
		}
	}
	fmt.Fprintf(&b, "\n%.1f million requests simulated a second", float64(r.Simulated)/r.Took.Seconds()/1e6)
	if r.Sample != nil {
		fmt.Fprintf(&b, ", which stand for %.1f million", float64(r.Represented)/r.Took.Seconds()/1e6)
	}
	fmt.Fprintln(&b)
	_, err := w.Write(b.Bytes())
	return err
}

func (r *Result) table(b *bytes.Buffer, lifetime time.Duration) {
	var policies []string
	var sizes []int
	cells := make(map[string]string)
	for _, row := range r.Rows {
		if row.Lifetime != lifetime {
			continue
		}
		if !slices.Contains(policies, row.Policy) {
			policies = append(policies, row.Policy)
		}
		if !slices.Contains(sizes, row.Size) {
			sizes = append(sizes, row.Size)
		}
		cell := fmt.Sprintf("%.2f %%", 100*(1-row.MissRatio()))
		if row.Estimate != nil {
			cell += fmt.Sprintf(" ± %.2f", 100*row.Estimate.StandardError)
		}
		cells[fmt.Sprint(row.Policy, row.Size)] = cell
	}
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "hits at size\t")
	for _, p := range policies {
		fmt.Fprintf(t, "%s\t", p)
	}
	for _, n := range sizes {
		fmt.Fprintf(t, "\n%d\t", n)
		for _, p := range policies {
			fmt.Fprintf(t, "%s\t", cells[fmt.Sprint(p, n)])
		}
	}
	fmt.Fprintln(t)
	t.Flush()
}
