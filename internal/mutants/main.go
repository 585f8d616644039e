// Command mutants breaks shards and engine in many ways, one at a time, and
// shows that for each there is a test that notices. `make mutants` runs it.
//
//	mutants [-write] [-only REGEXP]
//
// A mutant is a replacement in one source file, in the tables of this package,
// with the test that must fail then. The work tree is not touched: the changed
// file is an overlay of the go command. The tests must pass without it first.
// A test that runs into the time limit counts as one that failed, since a
// mutant may well loop for ever.
//
// With -write the results go to docs/mutants.md too. It exits with 1 if a
// mutant survives, does not compile or does not apply, or if a test fails
// without any; with 2 if it was used wrongly.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
)

// A mutant is one way to break the code.
type mutant struct {
	name     string
	file     string // from the root of the repository
	old, new string // old must occur in the file exactly once
	pkg      string // the package whose test is to fail
	tags     string // build tags of the test, may be empty
	run      string // go test -run
	breaks   string // what goes wrong with it
}

// all returns the mutants of all tables.
func all() []mutant {
	return slices.Concat(changesOfOneBucket, lookups, bounds, arrays, xsyncTable, policies)
}

const reportFile = "docs/mutants.md"

func main() {
	write := flag.Bool("write", false, "write the results to "+reportFile)
	only := flag.String("only", "", "run only the mutants whose name matches the `regexp`")
	flag.Parse()
	pattern, err := regexp.Compile(*only)
	if err != nil || flag.NArg() > 0 || *write && *only != "" {
		if err != nil {
			fmt.Fprintln(os.Stderr, "mutants:", err)
		}
		fmt.Fprintln(os.Stderr, "usage: mutants [-only REGEXP | -write], in the root of the repository")
		os.Exit(2)
	}
	list := slices.DeleteFunc(all(), func(m mutant) bool { return !pattern.MatchString(m.name) })
	ok, err := examine(list, *write)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
	}
	if !ok || err != nil {
		os.Exit(1)
	}
}

// examine runs the mutants, prints what became of them and reports whether
// each was killed.
func examine(list []mutant, write bool) (bool, error) {
	if len(list) == 0 {
		return false, fmt.Errorf("no mutant has such a name")
	}
	l, err := newLaboratory(".")
	if err != nil {
		return false, err
	}
	defer l.close()
	var results []result
	for _, m := range list {
		r := l.examine(m)
		results = append(results, r)
		printResult(os.Stdout, r)
	}
	killed := printSummary(os.Stdout, results)
	if write {
		if err := os.WriteFile(reportFile, []byte(markdown(results)), 0o644); err != nil {
			return false, err
		}
	}
	return killed == len(results), nil
}
