package measure

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// A target can be measured beside itself, by another command too.
func TestInstances(t *testing.T) {
	c := testConfig(t, "sound", "again", "elsewhere")
	c.Goroutines = []int{1}
	started := 0
	c.Instances = []Instance{
		{Name: "again", Target: "sound"},
		{Name: "elsewhere", Target: "other", Command: func() *exec.Cmd {
			started++
			return exec.Command(os.Args[0], "worker")
		}},
	}
	r := run(t, c)
	if !r.OK() || started != 1 || len(r.Cells) != 3 {
		t.Fatalf("failures %v, violations %v, %d commands of the instance, %d cells", r.Failures, r.Violations, started, len(r.Cells))
	}
	for i, name := range c.Targets {
		if r.Cells[i].Target != name || len(r.Cells[i].Samples) != c.Count {
			t.Errorf("cell %d is of %s with %d samples", i, r.Cells[i].Target, len(r.Cells[i].Samples))
		}
	}
}

// A command that is no worker is a failure of its target alone.
func TestInstanceWithAWrongCommand(t *testing.T) {
	c := testConfig(t, "sound", "broken")
	c.Instances = []Instance{{Name: "broken", Target: "sound", Command: func() *exec.Cmd { return exec.Command("/nonexistent/loadgen") }}}
	r := run(t, c)
	if len(r.Failures) != 1 || r.Failures[0].Target != "broken" || !strings.Contains(r.Failures[0].Error, "/nonexistent/loadgen") {
		t.Errorf("failures %v", r.Failures)
	}
}

func TestInstancesThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		instances []Instance
		want      string
	}{
		{[]Instance{{Name: "sound", Target: "other"}}, `instance "sound" of target other has the name of a target`},
		{[]Instance{{Name: "again", Target: "ghost"}}, `instance "again": unknown target "ghost"`},
		{[]Instance{{Name: "again", Target: "sound"}, {Name: "again", Target: "other"}}, "instance again is given twice"},
	} {
		config := testConfig(t, "sound")
		config.Instances = c.instances
		if err := config.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.instances, err)
		}
	}
}
