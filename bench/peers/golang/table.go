package golang

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/reprise-tls/reprise/bench/peers/document"
	"github.com/reprise-tls/reprise/internal/cli"
)

// Command adds the command "peers" to the load generator.
type Command struct {
	Peers peersCommand `cmd:"" help:"Print, as a table in Markdown, what of the engine's semantics each peer has."`
}

type peersCommand struct {
	Write string `placeholder:"DOC.md" help:"Write the table into a document, between the lines <!-- made by: peers peers ... --> and <!-- end -->."`
}

// Run implements kong's interface.
func (c peersCommand) Run(p *cli.Program) error {
	if c.Write == "" {
		return WriteTable(p.Stdout)
	}
	var b strings.Builder
	if err := WriteTable(&b); err != nil {
		return err
	}
	return document.Replace(c.Write, "peers peers", "", b.String())
}

// columns are those of the table.
var columns = []struct {
	title string
	cell  func(Peer) string
}{
	{"target", func(p Peer) string { return p.Name }},
	{"library", library},
	{"identity", func(p Peer) string { return p.Identity.String() }},
	{"replacement", func(p Peer) string { return p.Replacement.String() }},
	{"references", func(p Peer) string { return p.References.String() }},
	{"bound", func(p Peer) string { return p.Bound.String() }},
	{"oldest first", func(p Peer) string { return p.OldestFirst.String() }},
	{"expiry", func(p Peer) string { return p.Expiry.String() }},
	{"same semantics", func(p Peer) string { return map[bool]string{true: "**yes**", false: "no"}[p.SameSemantics()] }},
	{"what waits", func(p Peer) string { return p.Waits }},
	{"the adapter, and what is lost", func(p Peer) string { return p.Adapter }},
}

// WriteTable writes the table of the peers in Markdown.
func WriteTable(w io.Writer) error {
	var b strings.Builder
	row := func(cell func(i int) string) {
		b.WriteByte('|')
		for i := range columns {
			fmt.Fprintf(&b, " %s |", strings.ReplaceAll(cell(i), "|", `\|`))
		}
		b.WriteByte('\n')
	}
	row(func(i int) string { return columns[i].title })
	row(func(int) string { return "---" })
	for _, p := range Peers() {
		row(func(i int) string { return columns[i].cell(p) })
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// library returns the path and the version of a peer's library.
func library(p Peer) string {
	switch v := p.Version(); {
	case p.Module == "" && p.standard():
		return "standard library, " + v
	case p.Module == "":
		return "none"
	default:
		return p.Module + " " + v
	}
}

func (p Peer) standard() bool { return p.Name == "syncmap" || p.Name == "crypto-tls-lru" }

// Version returns the version of the peer's library that this program was
// built with; that of Go for the standard library and for what has none.
func (p Peer) Version() string {
	if p.Module == "" {
		return runtime.Version()
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		i := slices.IndexFunc(info.Deps, func(m *debug.Module) bool { return m.Path == p.Module })
		if i >= 0 {
			return info.Deps[i].Version
		}
	}
	return "unknown"
}
