package site

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"golang.org/x/perf/benchunit"

	"github.com/reprise-tls/reprise/internal/compare"
	"github.com/reprise-tls/reprise/internal/history"
	"github.com/reprise-tls/reprise/internal/html"
)

// Pages that are no file's.
const (
	IndexName   = "index.html"
	HistoryName = "history.html"
)

// PageName returns the name of the page of a file.
func PageName(file string) string { return path.Base(file) + ".html" }

// Files returns the names of the results at the root of a file system, newest
// first by their names.
func Files(directory fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(directory, ".")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() && Readable(e.Name()) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	slices.Reverse(names)
	return names, nil
}

// OfFile makes the page of a file, with the way back.
func OfFile(name string, content []byte) (*html.Page, error) {
	p, err := Document(name, content)
	if err != nil {
		return nil, err
	}
	p.Links = []html.Link{{Text: "All results", To: IndexName}}
	return p, nil
}

// Index makes the page that has all others. hasHistory says whether there is one.
// failed are files that could not be read, with their errors.
func Index(about string, names []string, pages []*html.Page, hasHistory bool, failed []error) *html.Page {
	p := &html.Page{Title: "Results", About: about}
	if hasHistory {
		p.Links = []html.Link{{Text: "History", To: HistoryName}}
	}
	for _, err := range failed {
		p.Warnings = append(p.Warnings, "UNREADABLE: "+err.Error())
	}
	t := html.Table{Header: []string{"file", "what", "verdict", "warnings"}}
	for i, page := range pages {
		warnings := ""
		if n := len(page.Warnings); n > 0 {
			warnings = fmt.Sprint(n)
		}
		t.Rows = append(t.Rows, []html.Cell{
			{Text: path.Base(names[i]), To: PageName(names[i])}, {Text: page.Title, Class: "text"},
			{Text: strings.TrimPrefix(page.Verdict, "Verdict: "), Class: page.VerdictClass}, {Text: warnings},
		})
	}
	s := html.Section{Title: "Runs, comparisons and plans"}
	if len(t.Rows) > 0 {
		s.Tables = []html.Table{t}
	} else {
		s.Text = []string{"There is no result yet: files that end in .json or .txt, as loadgen writes them."}
	}
	p.Sections = []html.Section{s}
	return p
}

// History makes the page of the runs in Go's benchmark format at the root of a
// file system, with the changes that its accepted.json accepts; nil if there
// are no such runs.
func History(directory fs.FS) (*html.Page, error) {
	_, unit := benchunit.Tidy(1, "ns/op")
	o := history.Options{Units: []string{unit}, Rule: compare.DefaultChangeRule}
	text, err := fs.ReadFile(directory, accepted)
	if err == nil {
		o.Accepted, err = history.ParseAccepted(accepted, text)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	h, err := history.ReadFS(directory, o)
	if errors.Is(err, history.ErrNoRun) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p := html.History(h)
	p.Links = []html.Link{{Text: "All results", To: IndexName}}
	return p, nil
}
