package report

import (
	"strings"
	"testing"
)

// What Go allocates says nothing of a target in another language, and a zero
// would be a lie.
func TestForeignTargets(t *testing.T) {
	r := example(2)
	r.Settings.Notes = []string{"mutex: written in C"}
	for _, c := range r.Cells {
		for i := range c.Samples {
			c.Samples[i].Foreign = c.Target == "mutex"
		}
	}
	var b strings.Builder
	if err := Bench(&b, r, "loadgen run"); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if !strings.HasPrefix(line, "Benchmark") {
			continue
		}
		foreign := strings.Contains(line, "impl=mutex")
		for _, unit := range []string{" B/op", " allocs/op", " gc-%"} {
			if strings.Contains(line, unit) == foreign {
				t.Errorf("foreign %v: %s", foreign, line)
			}
		}
	}
	for name, text := range map[string]string{"bench": b.String(), "table": tableText(t, r)} {
		if !strings.Contains(text, "# mutex: written in C\n") {
			t.Errorf("%s: no note\n%s", name, text)
		}
	}
}
