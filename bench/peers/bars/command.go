package bars

import (
	"fmt"
	"io"
	"strings"

	"github.com/reprise-tls/reprise/bench/peers/document"
	"github.com/reprise-tls/reprise/internal/cli"
)

// Command adds the commands "bars", "table" and "requests" to the load generator.
type Command struct {
	Bars     barsCommand     `cmd:"" help:"Hold runs against the bars. Exit code 0: all are met; 2: one is missed or was not measured."`
	Table    tableCommand    `cmd:"" help:"Make tables in Markdown of runs."`
	Requests requestsCommand `cmd:"" help:"Print the arguments of the runs that the bars, or all tables, need, a line each."`
}

type barsCommand struct {
	Files  []string `arg:"" name:"file" help:"Runs in Go's benchmark format."`
	Format string   `default:"text" placeholder:"FORMAT" help:"text or markdown. Default: ${default}."`
	Write  string   `placeholder:"DOC.md" help:"Write the table, in Markdown, into a document, between the lines <!-- made by: peers bars ... --> and <!-- end -->."`
}

// Run implements kong's interface.
func (c barsCommand) Run(p *cli.Program) error {
	f := text
	switch {
	case c.Format == "markdown" || c.Write != "":
		f = markdown
	case c.Format != "text":
		return fmt.Errorf("--format: %q is not allowed; allowed are text and markdown", c.Format)
	}
	runs, err := ReadFiles(c.Files)
	if err != nil {
		return err
	}
	verdicts := Evaluate(Bars(), runs)
	if err := put(p.Stdout, c.Write, "peers bars", c.Files, writeBars(f, verdicts, runs)); err != nil {
		return err
	}
	if !AllMet(verdicts) {
		return cli.Exit(cli.ExitRegression)
	}
	return nil
}

type tableCommand struct {
	Files []string `arg:"" name:"file" help:"Runs in Go's benchmark format."`
	Write string   `placeholder:"DOC.md" help:"Write the tables into a document, between the lines <!-- made by: peers table ... --> and <!-- end -->."`
}

// Run implements kong's interface.
func (c tableCommand) Run(p *cli.Program) error {
	runs, err := ReadFiles(c.Files)
	if err != nil {
		return err
	}
	return put(p.Stdout, c.Write, "peers table", c.Files, WriteTables(runs))
}

type requestsCommand struct {
	Plan string `arg:"" help:"bars; all, in less than a quarter of an hour; full, the same with more slices; smoke, as small as they go."`
}

// Run implements kong's interface.
func (c requestsCommand) Run(p *cli.Program) error {
	requests, err := Plan(c.Plan, p.Targets)
	if err != nil {
		return err
	}
	for _, r := range requests {
		if _, err := fmt.Fprintln(p.Stdout, r.Arguments()); err != nil {
			return err
		}
	}
	return nil
}

// put writes a text to a document, or to standard output if there is none.
func put(w io.Writer, doc, command string, files []string, text string) error {
	if doc != "" {
		return document.Replace(doc, command, strings.Join(files, " "), text)
	}
	_, err := io.WriteString(w, text)
	return err
}
