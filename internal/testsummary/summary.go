package main

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// excused matches the reasons for which a test may be skipped in CI: its input
// is not part of the repository, or what it needs cannot be installed there.
// CONTRIBUTING.md gives the sentences.
var excused = regexp.MustCompile(`traces folder outside the repository .*absent|Ubuntu's package chromium is a stub`)

// summarize prints what ran, what failed and what was skipped and why, ends
// with a line of totals, and reports whether the whole run is good. A run of
// no tests is not; under strict (CI=true) neither is one with a skip that has
// no excuse.
func summarize(w io.Writer, tallies []tally, strict bool) bool {
	fmt.Fprintln(w)
	printTable(w, tallies)
	passed, failed, skips := totals(tallies)
	printFailures(w, tallies)
	bad := printSkips(w, tallies, strict)
	good := failed == 0 && bad == 0
	if passed == 0 && failed == 0 {
		fmt.Fprintln(w, "\nNo test ran.")
		good = false
	}
	fmt.Fprintf(w, "\n%d passed, %d failed, %d skipped\n", passed, failed, skips)
	return good
}

func totals(tallies []tally) (passed, failed, skips int) {
	for _, t := range tallies {
		passed += t.passed
		failed += len(t.failures)
		skips += len(t.skips)
	}
	return passed, failed, skips
}

func printTable(w io.Writer, tallies []tally) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "module\tpass\tpackages\tpassed\tfailed\tskipped\ttime")
	for _, t := range tallies {
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%d\t%s\n", t.module, t.pass, t.packages,
			t.passed, len(t.failures), len(t.skips), t.elapsed.Round(100*time.Millisecond))
	}
	table.Flush()
}

func printFailures(w io.Writer, tallies []tally) {
	heading := "\nFailed:\n"
	for _, t := range tallies {
		for _, f := range t.failures {
			fmt.Fprintf(w, "%s  %s (%s)\n", heading, f, t.pass)
			heading = ""
		}
	}
}

// printSkips lists every skipped test once, with the passes that skipped it,
// and returns how many of them count as failures.
func printSkips(w io.Writer, tallies []tally, strict bool) (bad int) {
	var order []skipped
	passes := map[skipped][]string{}
	for _, t := range tallies {
		for _, s := range t.skips {
			if passes[s] == nil {
				order = append(order, s)
			}
			if !slices.Contains(passes[s], t.pass) {
				passes[s] = append(passes[s], t.pass)
			}
		}
	}
	if len(order) == 0 {
		fmt.Fprintln(w, "\nNothing was skipped.")
		return 0
	}
	fmt.Fprintln(w, "\nSkipped:")
	for _, s := range order {
		verdict := ""
		if strict && !excused.MatchString(s.reason) {
			verdict = " [a failure, since CI=true]"
			bad++
		}
		fmt.Fprintf(w, "  %s (%s): %s%s\n", s.test, strings.Join(passes[s], ", "), s.reason, verdict)
	}
	return bad
}
