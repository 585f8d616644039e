package measure

import (
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// An Environment is what a result depends on besides the code. Fields that
// could not be found out are empty.
type Environment struct {
	GOOS       string `json:"goos"`
	GOARCH     string `json:"goarch"`
	CPU        string `json:"cpu,omitempty"`
	CPUs       int    `json:"cpuCount"`
	GOMAXPROCS int    `json:"gomaxprocs"`
	Go         string `json:"goVersion"`
	Commit     string `json:"commit,omitempty"` // with "-dirty" when there were changes
	Kernel     string `json:"kernel,omitempty"`

	Begun      time.Time `json:"begun"`
	Ended      time.Time `json:"ended"`
	LoadBefore string    `json:"loadBefore,omitempty"` // load averages over 1, 5 and 15 minutes
	LoadAfter  string    `json:"loadAfter,omitempty"`
}

// ThisEnvironment describes the machine and the program.
func ThisEnvironment() Environment {
	return Environment{
		GOOS: runtime.GOOS, GOARCH: runtime.GOARCH, CPU: cpuModel(), CPUs: runtime.NumCPU(),
		GOMAXPROCS: runtime.GOMAXPROCS(0), Go: runtime.Version(), Commit: commit(), Kernel: firstLine("/proc/sys/kernel/osrelease"),
		Begun: time.Now().UTC(), LoadBefore: loadAverage(),
	}
}

func (e *Environment) end() {
	e.Ended = time.Now().UTC()
	e.LoadAfter = loadAverage()
}

// commit returns the commit the program was built from, if the build has it.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	revision, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	if revision == "" {
		return ""
	}
	return revision + dirty
}

// cpuModel returns what Linux calls the processor; it has no name for many
// that are not x86.
func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func loadAverage() string {
	fields := strings.Fields(firstLine("/proc/loadavg"))
	return strings.Join(fields[:min(3, len(fields))], " ")
}

// firstLine returns the first line of a file, nothing if it cannot be read.
func firstLine(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return line
}
