package history

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"golang.org/x/perf/benchunit"

	"github.com/reprise-tls/reprise/internal/compare"
	"github.com/reprise-tls/reprise/internal/fingerprint"
)

// Text writes the series for people: a line a run, and a line at each change.
func (h *History) Text(w io.Writer) error {
	var b strings.Builder
	for _, s := range h.Series {
		s.text(&b)
	}
	for _, note := range h.Notes {
		fmt.Fprintf(&b, "note: %s\n", note)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *Series) text(b *strings.Builder) {
	fmt.Fprintf(b, "%s, %s\n  %s\n", s.Benchmark, s.Unit, s.Machine)
	if s.Config != "" {
		fmt.Fprintf(b, "  %s\n", s.Config)
	}
	medians := make([]float64, len(s.Points))
	width := 0
	for i, p := range s.Points {
		medians[i] = p.Median
		width = max(width, len(p.Run.Name))
	}
	scale := benchunit.CommonScale(medians, benchunit.ClassOf(s.Unit))
	changes := s.Changes
	for i, p := range s.Points {
		if len(changes) > 0 && changes[0].Index == i {
			fmt.Fprintf(b, "  ---- %s\n", s.Describe(changes[0]))
			changes = changes[1:]
		}
		fmt.Fprintf(b, "  %-*s  %10s  n=%d", width, p.Run.Name, scale.Format(p.Median), p.Count)
		if p.Run.Commit != "" {
			fmt.Fprintf(b, "  %s", p.Run.Commit)
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
}

// Describe says in words what a change is.
func (s *Series) Describe(c Change) string {
	percent, known := s.Worse(c)
	what := fmt.Sprintf("changed by %+.1f%%", 100*(c.Ratio()-1))
	if known {
		what = fmt.Sprintf("better, cost %+.1f%%", percent)
		if percent > 0 {
			what = fmt.Sprintf("WORSE, cost %+.1f%%", percent)
		}
	}
	what += fmt.Sprintf(" (p=%.2g)", c.P)
	if c.Accepted != nil {
		what += ", accepted: " + c.Accepted.Reason
	}
	return what
}

// Schema names the form of the JSON that [History.JSON] writes. A field may be
// added under the same name; anything else changes the number.
const Schema = "reprise-history/1"

type seriesJSON struct {
	Benchmark string            `json:"benchmark"`
	Unit      string            `json:"unit"`
	Better    int               `json:"better"` // 1: higher, -1: lower, 0: not known
	Machine   map[string]string `json:"machine"`
	Config    string            `json:"config"`
	Points    []pointJSON       `json:"points"`
	Changes   []changeJSON      `json:"changes"`
}

type pointJSON struct {
	Run    string  `json:"run"`
	Commit string  `json:"commit,omitempty"`
	Median float64 `json:"median"`
	Count  int     `json:"count"`
}

type changeJSON struct {
	Index    int      `json:"index"` // of the first point after it
	Before   float64  `json:"meanBefore"`
	After    float64  `json:"meanAfter"`
	P        float64  `json:"p"`
	Worse    *float64 `json:"costPercent"` // null: not known, or infinite
	Accepted *string  `json:"accepted"`    // the reason; null: not accepted
}

// JSON writes the series.
func (h *History) JSON(w io.Writer, rule compare.ChangeRule) error {
	out := struct {
		Schema string       `json:"schema"`
		Window int          `json:"window"`
		MaxP   float64      `json:"maxP"`
		Least  float64      `json:"leastMagnitude"`
		Series []seriesJSON `json:"series"`
		Notes  []string     `json:"notes"`
	}{Schema, rule.Window, rule.MaxP, rule.Magnitude, []seriesJSON{}, append([]string{}, h.Notes...)}
	for _, s := range h.Series {
		out.Series = append(out.Series, s.json())
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "\t")
	return e.Encode(out)
}

func (s *Series) json() seriesJSON {
	j := seriesJSON{Benchmark: s.Benchmark, Unit: s.Unit, Better: s.Better, Config: s.Config, Machine: make(map[string]string), Changes: []changeJSON{}}
	for i, key := range fingerprint.Keys {
		if s.Machine[i] != "" {
			j.Machine[key] = s.Machine[i]
		}
	}
	for _, p := range s.Points {
		j.Points = append(j.Points, pointJSON{p.Run.Name, p.Run.Commit, p.Median, p.Count})
	}
	for _, c := range s.Changes {
		change := changeJSON{Index: c.Index, Before: c.Before, After: c.After, P: c.P}
		if percent, known := s.Worse(c); known && percent-percent == 0 { // finite
			change.Worse = &percent
		}
		if c.Accepted != nil {
			change.Accepted = &c.Accepted.Reason
		}
		j.Changes = append(j.Changes, change)
	}
	return j
}
