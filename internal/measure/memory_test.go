package measure

import (
	"strings"
	"testing"

	"github.com/reprise-tls/reprise/internal/workload"
)

func TestMemoryWarning(t *testing.T) {
	if _, ok := availableMemory(); !ok {
		t.Log("this system does not tell how much memory is available")
		return
	}
	c := testConfig(t, "sound", "other")
	if warning := c.MemoryWarning(); warning != "" {
		t.Errorf("1000 sessions are too many: %s", warning)
	}
	c.Known[0].ObjectBytes = 1 << 40
	if warning := c.MemoryWarning(); !strings.Contains(warning, "session objects each need about 10") {
		t.Errorf("the warning for terabyte objects is %q", warning)
	}
	c.Known[0].ObjectBytes = 0
	c.Sessions = []int{1_000, workload.MaxSessions}
	c.Base.Objects = workload.MaxObjects
	c.Workloads = []workload.Kind{workload.Replace}
	if warning := c.MemoryWarning(); !strings.Contains(warning, "2 processes with 6400000000 session objects each") {
		t.Errorf("the warning for terabytes is %q", warning)
	}
}

func TestMemoryWarningOfAScenario(t *testing.T) {
	if _, ok := availableMemory(); !ok {
		t.Log("this system does not tell how much memory is available")
		return
	}
	c := scenarioConfig(t, smallScenario, "sound", "other")
	if warning := c.MemoryWarning(); warning != "" {
		t.Errorf("500 sessions are too many: %s", warning)
	}
	c.Scenario.Capacity = workload.MaxSessions
	c.Scenario.Populations[0].Clients = 100_000_000
	c.Scenario.Populations[0].Sessions = 64
	if warning := c.MemoryWarning(); !strings.Contains(warning, "2 processes with 100000000 sessions and 100000000 clients each need about") {
		t.Errorf("the warning is %q", warning)
	}
}
