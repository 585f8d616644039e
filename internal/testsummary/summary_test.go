package main

import (
	"strings"
	"testing"
	"time"
)

var (
	fine    = tally{module: ".", pass: "plain", packages: 3, passed: 40, elapsed: 1234 * time.Millisecond}
	failing = tally{module: ".", pass: "race", packages: 3, passed: 39, failures: []test{{"example.com/p", "TestX"}}}
	traces  = skipped{test{"example.com/p", "TestReplay"}, "the traces folder outside the repository is absent"}
	kernel  = skipped{test{"example.com/p", "TestKernel"}, "needs another kernel"}
	stub    = skipped{test{pkg: "interop/browser"}, "there is no Chromium, and Ubuntu's package chromium is a stub that needs snapd"}
)

func skipping(pass string, skips ...skipped) tally {
	return tally{module: ".", pass: pass, packages: 1, passed: 1, skips: skips}
}

func TestSummarize(t *testing.T) {
	for _, c := range []struct {
		name    string
		tallies []tally
		strict  bool
		good    bool
		says    []string
		closing string
	}{
		{
			name: "all good", tallies: []tally{fine, fine}, strict: true, good: true,
			says: []string{"Nothing was skipped.", "1.2s"}, closing: "80 passed, 0 failed, 0 skipped",
		},
		{
			name: "a failure", tallies: []tally{fine, failing},
			says: []string{"Failed:\n  example.com/p TestX (race)"}, closing: "79 passed, 1 failed, 0 skipped",
		},
		{
			name: "skips on a developer's machine", tallies: []tally{skipping("plain", kernel)}, good: true,
			says: []string{"TestKernel (plain): needs another kernel\n"}, closing: "1 passed, 0 failed, 1 skipped",
		},
		{
			name: "a skip in CI", tallies: []tally{skipping("plain", traces, kernel)}, strict: true,
			says:    []string{"TestReplay (plain): the traces folder outside the repository is absent\n", "needs another kernel [a failure, since CI=true]"},
			closing: "1 passed, 0 failed, 2 skipped",
		},
		{
			name: "an excused skip in CI, in two passes", tallies: []tally{skipping("plain", traces), skipping("race", traces)}, strict: true, good: true,
			says: []string{"TestReplay (plain, race): the traces"}, closing: "2 passed, 0 failed, 2 skipped",
		},
		{
			name: "no Chromium on Ubuntu, in CI", tallies: []tally{skipping("plain", stub)}, strict: true, good: true,
			says: []string{"a stub that needs snapd"}, closing: "1 passed, 0 failed, 1 skipped",
		},
		{
			name: "no test at all", tallies: []tally{{module: ".", pass: "plain"}},
			says: []string{"No test ran."}, closing: "0 passed, 0 failed, 0 skipped",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			if good := summarize(&out, c.tallies, c.strict); good != c.good {
				t.Errorf("good is %v, want %v", good, c.good)
			}
			for _, s := range c.says {
				if !strings.Contains(out.String(), s) {
					t.Errorf("the summary lacks %q:\n%s", s, out.String())
				}
			}
			if !strings.HasSuffix(out.String(), "\n"+c.closing+"\n") {
				t.Errorf("the summary does not close with %q:\n%s", c.closing, out.String())
			}
		})
	}
}
