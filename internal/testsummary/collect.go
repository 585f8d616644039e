package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A test is named by its package and its name; an empty name means the
// package as a whole.
type test struct{ pkg, name string }

func (t test) String() string { return strings.TrimSpace(t.pkg + " " + t.name) }

// skipped is a test that did not run, and why.
type skipped struct {
	test
	reason string
}

// tally is the result of one pass over one module.
type tally struct {
	module, pass string
	packages     int
	passed       int
	failures     []test
	skips        []skipped
	elapsed      time.Duration
}

// A collector turns events into a tally. It prints one line a package, and
// what failing tests said, as soon as it knows.
type collector struct {
	tally
	out     io.Writer
	pending map[test]*unfinished
	failing map[string]bool // packages one of whose tests failed
}

// unfinished is a test, or a package, that has no result yet.
type unfinished struct {
	begun time.Time
	said  strings.Builder
}

func newCollector(module, pass string, out io.Writer) *collector {
	return &collector{
		tally:   tally{module: module, pass: pass},
		out:     out,
		pending: map[test]*unfinished{},
		failing: map[string]bool{},
	}
}

func (c *collector) handle(e event) {
	t := test{e.Package, e.Test}
	switch {
	case e.Action == "build-output":
		fmt.Fprint(c.out, e.Output)
	case e.Action == "output" && e.Package == "":
		fmt.Fprint(c.out, e.Output)
	case e.Action == "start", e.Action == "run", e.Action == "output":
		c.said(t, e.Output)
	case e.Test != "":
		c.finishTest(t, e.Action)
	default:
		c.finishPackage(e)
	}
}

func (c *collector) said(t test, output string) {
	u := c.pending[t]
	if u == nil {
		u = &unfinished{begun: time.Now()}
		c.pending[t] = u
	}
	u.said.WriteString(output)
}

// progress names the tests that have been running for longer than d.
func (c *collector) progress(now time.Time, d time.Duration) {
	for _, t := range c.unfinished() {
		if age := now.Sub(c.pending[t].begun); t.name != "" && age > d {
			fmt.Fprintf(c.out, "...   running for %v: %s\n", age.Round(time.Second), t)
		}
	}
}

func (c *collector) unfinished() []test {
	return slices.SortedFunc(maps.Keys(c.pending), func(a, b test) int {
		return cmp.Or(strings.Compare(a.pkg, b.pkg), strings.Compare(a.name, b.name))
	})
}

// forget returns what t said and drops it.
func (c *collector) forget(t test) string {
	u := c.pending[t]
	delete(c.pending, t)
	if u == nil {
		return ""
	}
	return u.said.String()
}

func (c *collector) finishTest(t test, action string) {
	switch action {
	case "pass":
		c.forget(t)
		c.passed++
	case "skip":
		c.skips = append(c.skips, skipped{t, skipReason(c.forget(t))})
	case "fail":
		c.fail(t, c.forget(t))
	}
}

func (c *collector) fail(t test, said string) {
	c.failing[t.pkg] = true
	c.failures = append(c.failures, t)
	fmt.Fprint(c.out, said)
}

// finishPackage also finds the failures that no test stands for: a build that
// failed, a process that ended before its tests did.
func (c *collector) finishPackage(e event) {
	said := c.forget(test{pkg: e.Package})
	switch e.Action {
	case "pass":
		c.packages++
		fmt.Fprintf(c.out, "ok    %-50s %8.2fs\n", e.Package, e.Elapsed)
	case "fail":
		c.packages++
		c.failUnfinished(e.Package)
		fmt.Fprint(c.out, said) // ends with go test's own FAIL line
		if !c.failing[e.Package] {
			c.fail(test{pkg: e.Package}, "")
		}
	}
}

// failUnfinished counts the tests of a package that never got a result: they
// ran when the process ended or ran out of time.
func (c *collector) failUnfinished(pkg string) {
	for _, t := range c.unfinished() {
		if t.pkg == pkg {
			c.fail(t, c.forget(t)+"    did not finish: "+t.name+"\n")
		}
	}
}

// finish adds a failure if go test failed and no event said why.
func (c *collector) finish(err error, elapsed time.Duration) tally {
	if err != nil && len(c.failures) == 0 {
		fmt.Fprintf(c.out, "FAIL  %s (%s): %v\n", c.module, c.pass, err)
		c.failures = append(c.failures, test{pkg: c.module})
	}
	c.elapsed = elapsed
	return c.tally
}

var logPrefix = regexp.MustCompile(`^\s+[^\s:]+\.go:\d+: `)

// skipReason finds in the output of a skipped test what it logged last, which
// is what it gave to Skip.
func skipReason(said string) string {
	var reason []string
	for line := range strings.Lines(said) {
		switch prefix := logPrefix.FindString(line); {
		case prefix != "":
			reason = []string{strings.TrimSpace(line[len(prefix):])}
		case len(reason) > 0 && strings.HasPrefix(line, "        "):
			reason = append(reason, strings.TrimSpace(line))
		}
	}
	if len(reason) == 0 {
		return "no reason given"
	}
	return strings.Join(reason, " ")
}
