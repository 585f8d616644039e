//go:build unix

package site

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// endGroup makes the end of a command's context end the processes it started,
// too.
func endGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		if errors.Is(err, syscall.ESRCH) {
			return os.ErrProcessDone
		}
		return err
	}
	cmd.WaitDelay = 5 * time.Second // for output that a stray grandchild holds open
}
