package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// replay feeds a recording of go test -json to a collector.
func replay(t *testing.T, c *collector, recording string) {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", recording))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := readEvents(f, c.handle); err != nil {
		t.Fatal(err)
	}
}

func TestCollectRecordings(t *testing.T) {
	const pkg = "example.com/rec/"
	for _, c := range []struct {
		recording string
		packages  int
		passed    int
		failures  []test
		says      []string
		conceals  []string
	}{
		{
			recording: "good.json", packages: 1, passed: 7,
			says: []string{"ok    " + pkg + "good"}, conceals: []string{"nobody needs to see", "=== RUN"},
		},
		{
			recording: "skips.json", packages: 1, passed: 1,
			says: []string{"ok    " + pkg + "skips"},
		},
		{
			recording: "fails.json", packages: 1, passed: 1,
			failures: []test{{pkg + "fails", "TestFails/deep"}, {pkg + "fails", "TestFails"}},
			says:     []string{"fails_test.go:4: got 1, want 2", "FAIL\t" + pkg + "fails"},
			conceals: []string{"TestPasses"},
		},
		{
			recording: "panics.json", packages: 1, passed: 1,
			failures: []test{{pkg + "panics", "TestPanics"}},
			says:     []string{"panic: boom", "panics_test.go:4"},
		},
		{
			recording: "race.json", packages: 1,
			failures: []test{{pkg + "race", "TestRace"}},
			says:     []string{"WARNING: DATA RACE", "race detected during execution of test"},
		},
		{
			recording: "build.json", packages: 1,
			failures: []test{{pkg: pkg + "build"}},
			says:     []string{"build_test.go:3:28: undefined: undefined", "[build failed]"},
		},
		{
			recording: "setup.json", packages: 1,
			failures: []test{{pkg: "./nosuch"}},
			says:     []string{"directory not found", "[setup failed]"},
		},
		{
			recording: "exits.json", packages: 1,
			failures: []test{{pkg + "exits", "TestExits"}},
			says:     []string{"about to leave", "did not finish: TestExits"},
		},
		{
			recording: "timeout.json", packages: 1,
			failures: []test{{pkg + "to", "TestHangs"}},
			says:     []string{"test timed out after 1s", "did not finish: TestHangs"},
		},
		{recording: "none.json", conceals: []string{"none"}},
	} {
		t.Run(c.recording, func(t *testing.T) {
			var out strings.Builder
			got := newCollector(".", "plain", &out)
			replay(t, got, c.recording)
			if got.packages != c.packages || got.passed != c.passed {
				t.Errorf("%d packages, %d passed; want %d, %d", got.packages, got.passed, c.packages, c.passed)
			}
			if !slices.Equal(got.failures, c.failures) {
				t.Errorf("failures %v, want %v", got.failures, c.failures)
			}
			for _, s := range c.says {
				if !strings.Contains(out.String(), s) {
					t.Errorf("the output lacks %q:\n%s", s, out.String())
				}
			}
			for _, s := range c.conceals {
				if strings.Contains(out.String(), s) {
					t.Errorf("the output has %q:\n%s", s, out.String())
				}
			}
			if len(got.pending) > 0 {
				t.Errorf("%d tests left without a result", len(got.pending))
			}
		})
	}
}

func TestCollectSkipReasons(t *testing.T) {
	c := newCollector(".", "plain", &strings.Builder{})
	replay(t, c, "skips.json")
	const pkg = "example.com/rec/skips"
	want := []skipped{
		{test{pkg, "TestTraces"}, "the traces folder outside the repository is absent"},
		{test{pkg, "TestLogged"}, "needs a kernel of another kind"},
		{test{pkg, "TestSilent"}, "no reason given"},
		{test{pkg, "TestRuns/sub"}, "sub 1 is not for here"},
	}
	if !slices.Equal(c.skips, want) {
		t.Errorf("skips\n%v\nwant\n%v", c.skips, want)
	}
}

// A go command that fails without an event that says so is a failure all the
// same; one that failed because tests did is not counted again.
func TestFinishCountsUnexplainedFailure(t *testing.T) {
	var out strings.Builder
	got := newCollector("store/redis", "race", &out).finish(errors.New("exit status 2"), time.Second)
	if want := []test{{pkg: "store/redis"}}; !slices.Equal(got.failures, want) {
		t.Errorf("failures %v, want %v", got.failures, want)
	}
	if !strings.Contains(out.String(), "exit status 2") {
		t.Errorf("the output does not say what happened: %q", out.String())
	}

	explained := newCollector(".", "plain", &out)
	replay(t, explained, "panics.json")
	if got := explained.finish(errors.New("exit status 1"), time.Second); len(got.failures) != 1 {
		t.Errorf("failures %v, want one", got.failures)
	}
}

func TestProgressNamesWhatRuns(t *testing.T) {
	var out strings.Builder
	c := newCollector(".", "plain", &out)
	for _, e := range []event{
		{Action: "start", Package: "p"},
		{Action: "run", Package: "p", Test: "TestLong"},
		{Action: "run", Package: "p", Test: "TestDone"},
		{Action: "pass", Package: "p", Test: "TestDone"},
	} {
		c.handle(e)
	}
	c.progress(time.Now(), time.Hour)
	want(t, out.String(), "")
	c.progress(time.Now().Add(2*time.Hour), time.Hour)
	want(t, out.String(), "...   running for 2h0m0s: p TestLong\n")
}

func want(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("the output is %q, want %q", got, want)
	}
}

func TestReadEventsPassesPlainLinesOn(t *testing.T) {
	var got []event
	input := "go: cannot find main module\n{\"Action\":\"pass\",\"Package\":\"p\"}\nno newline"
	if err := readEvents(strings.NewReader(input), func(e event) { got = append(got, e) }); err != nil {
		t.Fatal(err)
	}
	want := []event{
		{Action: "output", Output: "go: cannot find main module\n"},
		{Action: "pass", Package: "p"},
		{Action: "output", Output: "no newline"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("events %+v, want %+v", got, want)
	}
}
