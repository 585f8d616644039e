package cli

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/reprise-tls/reprise/internal/html"
	"github.com/reprise-tls/reprise/internal/site"
)

// reportCommand writes pages of results.
type reportCommand struct {
	Results []string `arg:"" name:"result" help:"Files that loadgen wrote (.json, or .txt in Go's benchmark format), and directories, of which all such files are taken, without those of directories in them, and their history."`
	Output  string   `short:"o" required:"" placeholder:"DIR" help:"Directory that the pages go to; made if it is not there. Pages with the same name are replaced."`
}

// pages are those of a report, by file.
type pages struct {
	names   []string
	pages   []*html.Page
	history *html.Page
	failed  []error
}

// Run implements kong's interface. Files that are named must be readable, or
// nothing is written; those of a directory that are not are reported in the
// index too.
func (c *reportCommand) Run(p *Program) error {
	var all pages
	for _, name := range c.Results {
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		if info.IsDir() {
			err = all.addDirectory(name)
		} else {
			err = all.addFile(name)
		}
		if err != nil {
			return err
		}
	}
	if err := all.write(c.Output); err != nil {
		return err
	}
	fmt.Fprintln(p.Stdout, filepath.Join(c.Output, site.IndexName))
	for _, err := range all.failed {
		fmt.Fprintf(p.Stderr, "%s: not in the report: %v\n", p.Name, err)
	}
	if len(all.failed) > 0 {
		return codeError(ExitError)
	}
	return nil
}

func (a *pages) addFile(name string) error {
	if !site.Readable(name) {
		return fmt.Errorf("%s: not a result; allowed are files whose names end in .json or .txt", name)
	}
	content, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return a.add(name, content)
}

// add makes the page of a file.
func (a *pages) add(name string, content []byte) error {
	if i := slices.IndexFunc(a.names, func(n string) bool { return site.PageName(n) == site.PageName(filepath.ToSlash(name)) }); i >= 0 {
		return fmt.Errorf("%s: its page would have the name of that of %s", name, a.names[i])
	}
	page, err := site.OfFile(filepath.ToSlash(name), content)
	if err != nil {
		return err
	}
	a.names, a.pages = append(a.names, filepath.ToSlash(name)), append(a.pages, page)
	return nil
}

func (a *pages) addDirectory(name string) error {
	directory := os.DirFS(name)
	files, err := site.Files(directory)
	if err != nil {
		return err
	}
	for _, file := range files {
		content, err := fs.ReadFile(directory, file)
		if err == nil {
			err = a.add(filepath.Join(name, file), content)
		}
		if err != nil {
			a.failed = append(a.failed, err)
		}
	}
	history, err := site.History(directory)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if history != nil && a.history != nil {
		return fmt.Errorf("%s: a report has the history of one directory", name)
	}
	if history != nil {
		a.history = history
	}
	return nil
}

// write writes all pages, the index last.
func (a *pages) write(directory string) error {
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return err
	}
	for i, page := range a.pages {
		if err := atomically(filepath.Join(directory, site.PageName(a.names[i])), page.Write); err != nil {
			return err
		}
	}
	if a.history != nil {
		if err := atomically(filepath.Join(directory, site.HistoryName), a.history.Write); err != nil {
			return err
		}
	}
	index := site.Index("", a.names, a.pages, a.history != nil, a.failed)
	return atomically(filepath.Join(directory, site.IndexName), index.Write)
}
