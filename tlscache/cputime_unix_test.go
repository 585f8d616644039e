//go:build unix

package tlscache

import (
	"syscall"
	"time"
)

// cpuTime returns the processor time this process has used. Unlike the time of
// day it says little of what else the machine does.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
