package cli

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/internal/plan"
	"github.com/reprise-tls/reprise/internal/plan/mrc"
)

const corporate = "../../examples/plans/corporate-mtls.yaml"

func TestPlan(t *testing.T) {
	code, stdout, stderr := execute(t, "plan", "--config", corporate, "--measure", "20")
	if code != ExitOK || stderr != "" {
		t.Fatalf("exit code %d, standard error %q", code, stderr)
	}
	for _, want := range []string{"corporate gateway: 2 nodes", "mtls13", "mtls12", "elasticity", "Assumptions"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is missing in\n%s", want, stdout)
		}
	}
}

// Flags alone are a plan, and the rehearsal stands beside it.
func TestPlanFromFlags(t *testing.T) {
	code, stdout, stderr := execute(t, "plan", "--clients", "20000", "--visits", "exponential:mean=10m", "--newcomers", "0.1", "--lifetime", "30m",
		"--single-use", "true", "--nodes", "2", "--affinity", "0.8", "--resumption", "0.6", "--store", "1ms,0.9", "--check", "--rehearsal", "60000",
		"--measure", "20", "--format", "json", "--seed", "3")
	var a plan.Answer
	if err := json.Unmarshal([]byte(stdout), &a); code != ExitOK || err != nil {
		t.Fatalf("exit code %d, %v, standard error %q", code, err, stderr)
	}
	if a.Schema != plan.Schema || a.Rehearsed == nil || !a.Rehearsed.OK() || a.Rehearsed.Seed != 3 || a.Rehearsed.WithStore == nil || a.Spec.Store.HitShare != .9 || !a.Spec.SingleUse {
		t.Errorf("%+v", a)
	}
}

// A flag replaces what the file says, and what followed from that.
func TestPlanFlagsChangeTheFile(t *testing.T) {
	code, stdout, stderr := execute(t, "plan", "--config", "../../examples/plans/mobile-api.yaml", "--handshakes", "900", "--nodes", "4", "--measure", "20", "--format", "json")
	var a plan.Answer
	if err := json.Unmarshal([]byte(stdout), &a); code != ExitOK || err != nil {
		t.Fatalf("exit code %d, %v, standard error %q", code, err, stderr)
	}
	if p := a.Spec.Populations[0]; p.Handshakes != 900 || a.Spec.Nodes != 4 || p.Clients != 900*p.Visits.Mean() {
		t.Errorf("%+v", a.Spec)
	}
}

// What the file may say flags may say too.
func TestPlanLimitsFromFlags(t *testing.T) {
	code, stdout, stderr := execute(t, "plan", "--clients", "20000", "--visits", "exponential:mean=10m", "--lifetime", "30m", "--nodes", "2", "--affinity", "1",
		"--tls12", "0.5", "--resumption", "0.5", "--reuse-window", "10s", "--probation", "40", "--cost", "tls13=4ms/2ms,tls12=3ms/100us",
		"--utilisation", "0.4", "--wait", "9ms", "--percentile", "0.95", "--measure", "20", "--format", "json")
	var a plan.Answer
	if err := json.Unmarshal([]byte(stdout), &a); code != ExitOK || err != nil {
		t.Fatalf("exit code %d, %v, standard error %q", code, err, stderr)
	}
	s := a.Spec
	if time.Duration(s.ReuseWindow) != 10*time.Second || *s.Probation != 40 || s.Utilisation != .4 || time.Duration(s.Wait) != 9*time.Millisecond || s.Percentile != .95 {
		t.Errorf("%+v", s)
	}
	for kind, want := range map[string][2]float64{"tls13": {4e-3, 2e-3}, "tls12": {3e-3, 1e-4}} {
		if c := a.Measured.Costs[kind]; c.Full.Median != want[0] || c.Resumed.Median != want[1] {
			t.Errorf("%s: %+v", kind, c)
		}
	}
}

func TestPlanUsage(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.yaml")
	if err := os.WriteFile(broken, []byte("nodes: 2\nlifetme: 1h\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := []string{"--clients", "10", "--visits", "exponential:mean=10m", "--lifetime", "30m", "--nodes", "2", "--resumption", "0.5"}
	for _, c := range []struct {
		args []string
		want []string
	}{
		{with(good, "--nodes", "0"), []string{"--nodes", `"0"`, "1 to 10000"}},
		{with(good, "--clients", "NaN"), []string{"--clients", `"NaN"`}},
		{with(good, "--clients", "-1"), []string{"--clients", `"-1"`}},
		{with(good, "--handshakes", "-1"), []string{"--handshakes", `"-1"`}},
		{with(good, "--lifetime", "169h"), []string{"lifetime", "169h", "seven days"}},
		{with(good, "--lifetime", "60"), []string{"--lifetime", `"60"`}},
		{with(good, "--visits", "weibull"), []string{"--visits", `"weibull"`, "allowed"}},
		{with(good, "--store", "1ms"), []string{"--store", `"1ms"`}},
		{with(good, "--store", "1ms,2"), []string{"--store", `"2"`}},
		{with(good, "--single-use", "maybe"), []string{"--single-use", `"maybe"`}},
		{with(good, "--reuse-window", "10"), []string{"--reuse-window", `"10"`}},
		{with(good, "--reuse-window", "1m", "--single-use", "true"), []string{"reuseWindow", "singleUse"}},
		{with(good, "--probation", "101"), []string{"--probation", `"101"`, "0 to 100"}},
		{with(good, "--cost", "tls13=1ms"), []string{"--cost", `"tls13=1ms"`, "allowed"}},
		{with(good, "--cost", "tls13=1/2"), []string{"--cost", `"1"`}},
		{with(good, "--cost", "tls11=1ms/1ms"), []string{"cost", `tls11`, "tls13"}},
		{with(good, "--cost", "tls13=-1ms/1ms"), []string{"cost.tls13.full", "-1ms"}},
		{with(good, "--utilisation", "2"), []string{"--utilisation", `"2"`}},
		{with(good, "--wait", "-1s"), []string{"wait", "-1s"}},
		{with(good, "--percentile", "1.2"), []string{"--percentile", `"1.2"`}},
		{with(good, "--resumption", "+Inf"), []string{"--resumption", `"+Inf"`}},
		{with(good, "--affinity", "1.5"), []string{"--affinity", `"1.5"`, "0 to 1"}},
		{with(good, "--format", "xml"), []string{"--format", `"xml"`}},
		{with(good, "--measure", "1"), []string{"--measure", `"1"`}},
		{with(good, "--rehearsal", "1"), []string{"--rehearsal", `"1"`}},
		{nil, []string{"lifetime"}},
		{[]string{"--config", broken}, []string{broken, "line 2", `"lifetme"`}},
		{[]string{"--config", corporate, "--clients", "5"}, []string{"2 populations", "--clients"}},
		{[]string{"--config", "absent.yaml"}, []string{"absent.yaml"}},
	} {
		code, stdout, stderr := execute(t, with([]string{"plan"}, c.args...)...)
		if code != ExitError || stdout != "" {
			t.Errorf("%q: exit code %d, standard output %q", c.args, code, stdout)
		}
		for _, want := range c.want {
			if !strings.Contains(stderr, want) {
				t.Errorf("%q: %q is missing in %q", c.args, want, stderr)
			}
		}
	}
}

func TestMRC(t *testing.T) {
	file := write(t, "trace.txt", strings.Repeat("a\nb\na\nc\n", 50))
	code, stdout, stderr := execute(t, "mrc", "--trace", file, "--sizes", "1:3:1", "--policy", "lru,fifo,random,engine", "--format", "csv")
	if code != ExitOK || stderr != "" {
		t.Fatalf("exit code %d, standard error %q", code, stderr)
	}
	lines, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	if err != nil || len(lines) != 13 || strings.Join(lines[0], ",") != "policy,size,requests,misses,miss_ratio" {
		t.Fatalf("%v in\n%s", err, stdout)
	}
	// In caches of two a stays, since it is used every other time; FIFO pushes it
	// out all the same.
	for _, want := range []string{"lru,1,200,200,1.000000", "lru,2,200,101,0.505000", "fifo,2,200,150,0.750000", "lru,3,200,3,0.015000", "fifo,3,200,3,0.015000", "random,3,200,3,0.015000", "engine,3,200,3,0.015000"} {
		if !strings.Contains(stdout, want+"\n") {
			t.Errorf("%q is missing in\n%s", want, stdout)
		}
	}
}

func TestMRCOfPopulation(t *testing.T) {
	args := []string{"mrc", "--population", "exponential:mean=100s", "--clients", "500", "--requests", "40000", "--sizes", "100,1000", "--lifetime", "0s,100s", "--policy", "lru,engine"}
	code, stdout, _ := execute(t, with(args, "--resumption", "renew", "--format", "json")...)
	var got struct {
		Schema string
		mrc.Result
	}
	if err := json.Unmarshal([]byte(stdout), &got); code != ExitOK || err != nil || got.Schema != mrc.Schema || len(got.Rows) != 8 || got.Distinct != 500 {
		t.Fatalf("exit code %d, %v\n%s", code, err, stdout)
	}
	for _, row := range got.Rows {
		if row.Lifetime > 0 && row.Size == 1000 {
			// Gaps are no longer than the lifetime with probability 1-1/e. (The
			// engine's clock counts whole seconds.)
			if hits := 1 - row.MissRatio(); hits < .61 || hits > .655 {
				t.Errorf("%+v hits %.3f", row, hits)
			}
		}
	}
	code, stdout, _ = execute(t, with(args, "--format", "table")...)
	if code != ExitOK || !strings.Contains(stdout, "lifetime 1m40s") || !strings.Contains(stdout, "requests simulated a second") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
	code, stdout, _ = execute(t, "mrc", "--population", "exponential:mean=100s", "--sizes", "1000,5000", "--requests", "100000", "--policy", "lru,engine", "--sample", "0.2")
	if code != ExitOK || strings.Count(stdout, "±") != 5 || !strings.Contains(stdout, "standard error") || !strings.Contains(stdout, "stand for") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
}

// A trace with times, or with a rate, has lifetimes.
func TestMRCOfCSV(t *testing.T) {
	file := write(t, "trace.csv", "when,who\n0,a\n5,a\n20,a\n")
	code, stdout, stderr := execute(t, "mrc", "--trace", file, "--id-column", "who", "--time-column", "when", "--lifetime", "10s", "--sizes", "5", "--policy", "lru,engine", "--format", "csv")
	if want := "policy,size,requests,misses,miss_ratio,lifetime_s\nlru,5,3,2,0.666667,10\nengine,5,3,2,0.666667,10\n"; code != ExitOK || stdout != want {
		t.Errorf("exit code %d, %q, standard error %q", code, stdout, stderr)
	}
	file = write(t, "trace.txt", "a\na\na\n")
	code, stdout, stderr = execute(t, "mrc", "--trace", file, "--rate", "0.05", "--lifetime", "10s", "--sizes", "5", "--policy", "fifo", "--format", "csv")
	if want := "policy,size,requests,misses,miss_ratio,lifetime_s\nfifo,5,3,3,1.000000,10\n"; code != ExitOK || stdout != want {
		t.Errorf("exit code %d, %q, standard error %q", code, stdout, stderr)
	}
}

// A malformed line is named, and nothing is written.
func TestMRCUsage(t *testing.T) {
	malformed := write(t, "malformed.txt", "a\nb c\n")
	good := write(t, "good.txt", "a\n")
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"--trace", malformed, "--format", "csv"}, []string{malformed + ": line 2: malformed trace"}},
		{[]string{"--trace", "absent"}, []string{"absent"}},
		{nil, []string{"--trace or --population is needed"}},
		{[]string{"--trace", good, "--population", "exponential:mean=1s"}, []string{"both"}},
		{[]string{"--trace", good, "--sizes", "10:1:1"}, []string{"--sizes", `"10:1:1"`}},
		{[]string{"--trace", good, "--sizes", "1:10"}, []string{"--sizes", `"1:10"`, "FROM:TO:STEP"}},
		{[]string{"--trace", good, "--sizes", "1:1000000:1"}, []string{"--sizes", "10000 sizes"}},
		{[]string{"--trace", good, "--sizes", "5,1:9:2"}, []string{"--sizes", "5 appears twice"}},
		{[]string{"--trace", good, "--sizes", "0"}, []string{"--sizes", `"0"`}},
		{[]string{"--trace", good, "--policy", "lfu"}, []string{"--policy", `"lfu"`, "allowed"}},
		{[]string{"--trace", good, "--lifetime", "169h"}, []string{"--lifetime", `"169h"`, "seven days"}},
		{[]string{"--trace", good, "--lifetime", "-1s"}, []string{"--lifetime", `"-1s"`}},
		{[]string{"--trace", good, "--lifetime", "1h"}, []string{"the trace has no times"}},
		{[]string{"--trace", good, "--rate", "NaN"}, []string{"--rate", `"NaN"`}},
		{[]string{"--trace", good, "--resumption", "never"}, []string{"--resumption", `"never"`}},
		{[]string{"--trace", good, "--probation", "101"}, []string{"--probation", `"101"`}},
		{[]string{"--trace", good, "--sample", "0"}, []string{"--sample", `"0"`}},
		{[]string{"--trace", good, "--sample-ids", "1"}, []string{"--sample-ids", `"1"`}},
		{[]string{"--trace", good, "--input", "xml"}, []string{"--input", `"xml"`}},
		{[]string{"--trace", good, "--format", "xml"}, []string{"--format", `"xml"`}},
		{[]string{"--population", "exponential"}, []string{"--population", "how long gaps are"}},
		{[]string{"--population", "exponential:mean=1s", "--clients", "0"}, []string{"--clients", `"0"`}},
	} {
		code, stdout, stderr := execute(t, with([]string{"mrc"}, c.args...)...)
		if code != ExitError || stdout != "" {
			t.Errorf("%q: exit code %d, standard output %q", c.args, code, stdout)
		}
		for _, want := range c.want {
			if !strings.Contains(stderr, want) {
				t.Errorf("%q: %q is missing in %q", c.args, want, stderr)
			}
		}
	}
}

func TestSweep(t *testing.T) {
	args := []string{"sweep", "--sessions", "500", "--duration", "2ms", "--count", "6", "--progress", "none", "--target", "engine,mutex"}
	code, stdout, stderr := execute(t, with(args, "--goroutines", "1,64:128:64")...)
	if code != ExitOK || stderr != "" {
		t.Fatalf("exit code %d, standard error %q", code, stderr)
	}
	for _, want := range []string{"engine, workload churn, 500 sessions", "mutex, workload churn", "no fit: too few different concurrencies"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is missing in\n%s", want, stdout)
		}
	}
	code, stdout, _ = execute(t, with(args, "--format", "csv")...)
	lines, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	if code != ExitOK || err != nil || len(lines) < 7 || lines[0][8] != "oversubscribed" || lines[len(lines)-1][8] != "true" || lines[1][3] != "1" {
		t.Errorf("exit code %d, %v\n%s", code, err, stdout)
	}
	code, stdout, _ = execute(t, with(args, "--format", "json", "--goroutines", "1")...)
	if !json.Valid([]byte(stdout)) || code != ExitOK || !strings.Contains(stdout, "reprise-sweep/1") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
	for flag, value := range map[string]string{"--goroutines": "0", "--format": "xml", "--target": "ghost", "--count": "0", "--progress": "loud"} {
		if code, stdout, stderr := execute(t, "sweep", flag, value); code != ExitError || stdout != "" || !strings.Contains(stderr, flag) {
			t.Errorf("%s %s: exit code %d, standard error %q", flag, value, code, stderr)
		}
	}
}
