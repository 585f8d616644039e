package main

import (
	"fmt"
	"io"
	"strings"
)

func printResult(w io.Writer, r result) {
	fmt.Fprintf(w, "%-8s  %-52s %6.2f s  %s\n", r.fate, r.name, r.elapsed.Seconds(), r.how)
}

// printSummary closes the table and returns how many mutants were killed.
func printSummary(w io.Writer, results []result) int {
	n := count(results, killed)
	fmt.Fprintf(w, "\n%d mutants: %d killed, %d survived, %d say nothing\n",
		len(results), n, count(results, survived), count(results, useless))
	return n
}

func count(results []result, f fate) (n int) {
	for _, r := range results {
		if r.fate == f {
			n++
		}
	}
	return n
}

// markdown returns the results as a document.
func markdown(results []result) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Mutants

`+"`make mutants`"+` breaks `+"`shards`"+` and `+"`engine`"+` in %d ways, one at a time, and runs
for each a test that must notice. The tables are in `+"`internal/mutants`"+`; this
document is written by `+"`go run ./internal/mutants -write`"+`.

%d killed, %d survived, %d say nothing.

| Mutant | File | What it breaks | Fate | By |
| --- | --- | --- | --- | --- |
`, len(results), count(results, killed), count(results, survived), count(results, useless))
	for _, r := range results {
		tags := ""
		if r.tags != "" {
			tags = " (`-tags " + r.tags + "`)"
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s | %s%s |\n", cell(r.name), r.file, cell(r.breaks), r.fate, cell(r.how), tags)
	}
	return b.String()
}

// cell makes a text fit for a cell of a table.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s)
}
