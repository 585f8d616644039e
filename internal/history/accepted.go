package history

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

// An Acceptance says that a change is wanted, or known.
type Acceptance struct {
	// Run is what the name of the first run after the change begins with, a
	// date for example, or its commit, at least 7 digits of it.
	Run string `json:"run"`

	// Benchmark is a regular expression for the whole name of the benchmarks.
	Benchmark string `json:"benchmark"`

	// Unit is the unit, in the form in which series have it (sec/op); empty:
	// any.
	Unit string `json:"unit,omitempty"`

	// Reason is what is shown.
	Reason string `json:"reason"`

	benchmark *regexp.Regexp
	used      *bool
}

// ReadAccepted reads the acceptances in a file: an object with a list of them,
//
//	{"accepted": [{"run": "2026-11-24", "benchmark": "Churn/impl=engine/.*", "reason": "ids are compared twice"}]}
//
// Fields that are not known, missing ones and expressions that are none are
// errors that name the entry.
func ReadAccepted(file string) ([]Acceptance, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return ParseAccepted(file, text)
}

// ParseAccepted reads what [ReadAccepted] has read of a file with the given
// name.
func ParseAccepted(file string, text []byte) ([]Acceptance, error) {
	var content struct {
		Accepted []Acceptance `json:"accepted"`
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&content); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: something follows the object", file)
	}
	for i := range content.Accepted {
		if err := content.Accepted[i].prepare(); err != nil {
			return nil, fmt.Errorf("%s: entry %d: %w", file, i+1, err)
		}
	}
	return content.Accepted, nil
}

func (a *Acceptance) prepare() (err error) {
	switch {
	case a.Run == "":
		return errors.New("run is missing: what the name of the first run after the change begins with, or its commit")
	case a.Benchmark == "":
		return errors.New("benchmark is missing: a regular expression")
	case a.Reason == "":
		return errors.New("reason is missing")
	}
	a.used = new(bool)
	if a.benchmark, err = regexp.Compile("^(?:" + a.Benchmark + ")$"); err != nil {
		return fmt.Errorf("benchmark %q: %w", a.Benchmark, err)
	}
	return nil
}

// leastCommit is how many digits of a commit make it one.
const leastCommit = 7

// accepts reports whether it is about a change of a series at a run.
func (a *Acceptance) accepts(s *Series, r Run) bool {
	named := strings.HasPrefix(r.Name, a.Run) || len(a.Run) >= leastCommit && strings.HasPrefix(r.Commit, a.Run)
	return named && (a.Unit == "" || a.Unit == s.Unit) && a.benchmark.MatchString(s.Benchmark)
}

// accepted returns the first acceptance of a change, nil if there is none.
func accepted(all []Acceptance, s *Series, r Run) *Acceptance {
	for i := range all {
		if all[i].accepts(s, r) {
			*all[i].used = true
			return &all[i]
		}
	}
	return nil
}

// unused notes acceptances of changes that there are not: those of a typing
// error would else be found when they are needed.
func (h *History) unused(all []Acceptance) {
	for i := range all {
		if !*all[i].used {
			h.Notes = append(h.Notes, fmt.Sprintf("no change is accepted by run %q, benchmark %q", all[i].Run, all[i].Benchmark))
		}
	}
}
