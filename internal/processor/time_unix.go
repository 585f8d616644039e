//go:build unix

package processor

import (
	"syscall"
	"time"
)

// Time returns what of the processors' time the process has used, in the
// system's calls too, 0 if the system does not tell (getrusage(2)).
func Time() time.Duration {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
