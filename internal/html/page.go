package html

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"

	"github.com/reprise-tls/reprise/internal/chart"
)

// A Page is a document.
type Page struct {
	Title string
	About string // what this is and when it was made, a line

	// Verdict is shown large, empty: there is none; VerdictClass is good, bad,
	// same or unclear.
	Verdict, VerdictClass string

	Warnings []string // what must be known before any figure is believed
	Sections []Section
	Command  string // that made the figures; empty: not known

	// Links are the way to other pages.
	Links []Link
}

// A Link is a relative reference to another page of the same site.
type Link struct{ Text, To string }

// A Section is a part with a heading.
type Section struct {
	Title  string
	Text   []string // paragraphs
	Charts []Chart
	Tables []Table
	Lines  []string // a list
}

// A Chart is a drawing.
type Chart interface {
	HTML() (template.HTML, error)
}

// A Table has its header in the first row and the names of rows in the first
// column.
type Table struct {
	Caption string
	Header  []string
	Rows    [][]Cell
}

// A Cell is text, with a link or a class where it has one.
type Cell struct{ Text, To, Class string }

func cells(texts ...string) (all []Cell) {
	for _, t := range texts {
		all = append(all, Cell{Text: t})
	}
	return all
}

//go:embed page.tmpl
var source string

//go:embed page.css
var pageStyle string

// style is the sheet of every page, and its hash what the policy allows.
var (
	style  = "\n" + pageStyle + chart.Style()
	digest = sha256.Sum256([]byte(style))

	// Policy is the content security policy of every page: for servers, which
	// send it as a header too.
	Policy = "default-src 'none'; img-src data:; style-src 'sha256-" + base64.StdEncoding.EncodeToString(digest[:]) + "'; base-uri 'none'; form-action 'none'"
)

var templates = template.Must(template.New("page").Funcs(template.FuncMap{
	"draw":   func(c Chart) (template.HTML, error) { return c.HTML() },
	"style":  func() template.CSS { return template.CSS(style) }, //nolint:gosec // it is this package's own
	"policy": func() string { return Policy },
}).Parse(source))

// Write writes the page, as a whole or, after an error, not at all.
func (p *Page) Write(w io.Writer) error {
	var b bytes.Buffer
	if err := templates.Execute(&b, p); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}
