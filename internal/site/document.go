package site

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/reprise-tls/reprise/internal/html"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/plan"
	"github.com/reprise-tls/reprise/internal/plan/mrc"
	"github.com/reprise-tls/reprise/internal/plan/sweep"
	"github.com/reprise-tls/reprise/internal/report"
)

// Readable tells whether a file of that name may be a result, by its extension.
func Readable(name string) bool {
	return !strings.HasPrefix(path.Base(name), ".") && path.Base(name) != accepted && (path.Ext(name) == ".json" || path.Ext(name) == ".txt")
}

// accepted is the file of accepted changes, which is no result.
const accepted = "accepted.json"

// Document makes the page of a file with a result. Errors name the file.
func Document(name string, content []byte) (*html.Page, error) {
	var p *html.Page
	var err error
	if path.Ext(name) == ".txt" {
		p, err = benchmark(path.Base(name), content)
	} else {
		p, err = fromJSON(content)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

// fromJSON makes the page that the schema's name asks for.
func fromJSON(content []byte) (*html.Page, error) {
	var head struct {
		Schema  string `json:"schema"`
		Command string `json:"command"`
	}
	if err := json.Unmarshal(content, &head); err != nil {
		return nil, err
	}
	decode := func(to any) error { return json.Unmarshal(content, to) }
	switch head.Schema {
	case report.Schema:
		var r measure.Result
		if err := decode(&r); err != nil {
			return nil, err
		}
		if err := sound(&r); err != nil {
			return nil, err
		}
		return html.Run(&r, head.Command)
	case report.ComparisonSchema:
		c, r, err := report.ReadComparison(bytes.NewReader(content))
		if err != nil {
			return nil, err
		}
		if r != nil {
			if err := sound(r); err != nil {
				return nil, err
			}
		}
		return html.Comparison(c, r, head.Command)
	case sweep.Schema:
		var s struct {
			Run    *measure.Result       `json:"run"`
			Curves []struct{ Cores int } `json:"curves"`
		}
		if err := decode(&s); err != nil {
			return nil, err
		}
		if s.Run == nil {
			return nil, fmt.Errorf("run: it is missing; a %s has one", sweep.Schema)
		}
		if err := sound(s.Run); err != nil {
			return nil, err
		}
		cores := 1
		if len(s.Curves) > 0 {
			cores = s.Curves[0].Cores
		}
		return html.Sweep(s.Run, sweep.Curves(s.Run, cores, s.Run.Settings.Seed), head.Command)
	case mrc.Schema:
		var r mrc.Result
		if err := decode(&r); err != nil {
			return nil, err
		}
		return html.MissRatios(&r, head.Command), nil
	case plan.Schema:
		var a plan.Answer
		if err := decode(&a); err != nil {
			return nil, err
		}
		return html.Plan(&a, head.Command), nil
	}
	return nil, fmt.Errorf("schema %q is not known; allowed are %s, %s, %s, %s and %s", head.Schema,
		report.Schema, report.ComparisonSchema, sweep.Schema, mrc.Schema, plan.Schema)
}

// sound refuses what no run writes and a page could not show.
func sound(r *measure.Result) error {
	for i, c := range r.Cells {
		if c == nil {
			return fmt.Errorf("cells[%d]: null is not allowed", i)
		}
		for k, s := range c.Samples {
			if s.Elapsed <= 0 || s.Counts.Operations() == 0 {
				return fmt.Errorf("cells[%d].samples[%d]: %d operations in %v; allowed are more than 0 of both", i, k, s.Counts.Operations(), s.Elapsed)
			}
		}
	}
	for i, g := range r.Generator {
		if g == nil {
			return fmt.Errorf("generator[%d]: null is not allowed", i)
		}
	}
	for i, v := range r.Intervals {
		if v.Elapsed <= 0 || v.Start < 0 {
			return fmt.Errorf("intervals[%d]: %v from %v on; allowed are lengths above 0 and starts of 0 or more", i, v.Elapsed, v.Start)
		}
	}
	return nil
}
