package fingerprint

import (
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
)

func of(t *testing.T, config string) Fingerprint {
	t.Helper()
	reader := benchfmt.NewReader(strings.NewReader(config+"\nBenchmarkX 1 1 ns/op\n"), "test")
	if !reader.Scan() {
		t.Fatal(reader.Err())
	}
	r, ok := reader.Result().(*benchfmt.Result)
	if !ok {
		t.Fatalf("%v", reader.Result())
	}
	return Of(r)
}

func TestFingerprint(t *testing.T) {
	const machine = "goos: linux\ngoarch: amd64\ncpu: Example\ncpu-count: 2\ngomaxprocs: 2\ngo: go1.26.0\n"
	one := of(t, machine+"commit: 1")
	if one != of(t, machine+"commit: 2\nkeys: uniform") {
		t.Error("the commit and the workload change the machine")
	}
	for _, key := range Keys {
		other := of(t, machine+key+": another")
		words := one.Differences(other)
		if one == other || len(words) != 1 || !strings.Contains(words[0], key) || !strings.Contains(words[0], `"another"`) {
			t.Errorf("%s: %v", key, words)
		}
	}
	if words := one.Differences(of(t, "goos: linux\ngoarch: amd64\ncpu: Example")); len(words) != 3 {
		t.Errorf("values that one does not have: %v", words)
	}
	if got := one.String(); got != "goos linux, goarch amd64, cpu Example, cpu-count 2, gomaxprocs 2, go go1.26.0" {
		t.Error(got)
	}
	if got := of(t, "").String(); got != "unknown machine" {
		t.Error(got)
	}
}
