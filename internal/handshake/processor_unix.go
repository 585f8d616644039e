//go:build unix

package handshake

import (
	"syscall"
	"time"
)

// processorTime returns the time of processors, the system's on its behalf
// included, that this process has used; 0 if that is not known.
func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
