package measure

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Rough costs in bytes, on the safe side of what was measured: a session with
// its state and its pointers, and what a cache adds for each that is in it.
const (
	bytesPerObject = 260
	bytesPerLinked = 120
)

// MemoryWarning says that the run will need more memory than the system has
// available, if so and if the system tells.
func (c *Config) MemoryWarning() string {
	available, ok := availableMemory()
	if !ok {
		return ""
	}
	if c.Scenario != nil {
		return c.scenarioMemoryWarning(available)
	}
	perObject := c.bytesPerObject()
	most, objects := int64(0), 0
	for _, g := range c.groups() {
		n := int64(g.spec.Pool())*perObject + int64(len(c.Targets)*g.spec.Linked())*bytesPerLinked
		if n > most {
			most, objects = n, g.spec.Pool()
		}
	}
	if most <= available {
		return ""
	}
	const gib = 1 << 30
	return fmt.Sprintf("%d processes with %d session objects each need about %.1f GiB; %.1f GiB are available",
		len(c.Targets), objects, float64(most)/gib, float64(available)/gib)
}

// bytesPerClient is what a client of a population takes without its sessions.
const bytesPerClient = 100

// scenarioMemoryWarning is MemoryWarning for a scenario. The null target, which
// plays first, takes no more than another one.
func (c *Config) scenarioMemoryWarning(available int64) string {
	s := c.Scenario
	linked, each := int64(s.Capacity), int64(0)
	if o := s.Operations; o != nil {
		linked = int64(o.Sessions)
	}
	clients := int64(0)
	for _, p := range s.Populations {
		clients += int64(p.Clients)
		each += int64(p.Clients) * int64(bytesPerClient+4*p.Sessions)
	}
	each += linked * (bytesPerObject + bytesPerLinked)
	if most := each * int64(len(c.Targets)); most > available {
		const gib = 1 << 30
		return fmt.Sprintf("%d processes with %d sessions and %d clients each need about %.1f GiB; %.1f GiB are available",
			len(c.Targets), linked, clients, float64(most)/gib, float64(available)/gib)
	}
	return ""
}

// bytesPerObject returns what all targets together take for an object.
func (c *Config) bytesPerObject() (sum int64) {
	for _, name := range c.Targets {
		each := bytesPerObject
		if t, err := c.target(name); err == nil && t.ObjectBytes > 0 {
			each = t.ObjectBytes
		}
		sum += int64(each)
	}
	return sum
}

// availableMemory returns what Linux estimates can be used without swapping,
// in bytes.
func availableMemory() (int64, bool) {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "MemAvailable:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kib << 10, err == nil
		}
	}
	return 0, false
}
