package measure

import (
	"fmt"
	"os/exec"
)

// An Instance is a known target under another name, so that one target can be
// measured more than once in a run, each time in a process of its own, and in
// processes that are other programs.
type Instance struct {
	Name   string // what results call it, and [Config.Targets]
	Target string // the known target it is

	// Command makes a command that calls [Work] with a target of that name. It
	// must be of the same version as this program. Nil: [Config.Command].
	Command func() *exec.Cmd
}

// instance returns the instance with the given name, and whether there is one.
func (c *Config) instance(name string) (Instance, bool) {
	for _, i := range c.Instances {
		if i.Name == name {
			return i, true
		}
	}
	return Instance{}, false
}

// target returns what the name of a target or of an instance stands for.
func (c *Config) target(name string) (Target, error) {
	if i, ok := c.instance(name); ok {
		name = i.Target
	}
	return Find(c.Known, name)
}

// command returns a new command for the process of a target or an instance.
func (c *Config) command(name string) *exec.Cmd {
	if i, ok := c.instance(name); ok && i.Command != nil {
		return i.Command()
	}
	return c.Command()
}

// checkInstances reports instances that cannot be told from other targets.
func (c *Config) checkInstances() error {
	names := make([]string, len(c.Instances))
	for n, i := range c.Instances {
		names[n] = i.Name
		if _, err := Find(c.Known, i.Name); err == nil {
			return fmt.Errorf("instance %q of target %s has the name of a target", i.Name, i.Target)
		}
		if _, err := Find(c.Known, i.Target); err != nil {
			return fmt.Errorf("instance %q: %w", i.Name, err)
		}
	}
	return unique("instance", names)
}
