//go:build unix

package handover

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// Variable is the environment variable by which [Pipe] tells a child process
// the number of its descriptor, where the caller names no other.
const Variable = "REPRISE_HANDOVER"

// firstExtraFile is the descriptor of the first of exec.Cmd.ExtraFiles.
const firstExtraFile = 3

// Pipe adds a pipe to a command that has not been started: the child has one end
// and finds it by [Inherited]. The parent writes to w. It closes r as soon as
// the command was started, or was not: the child has an end of its own then, and
// as long as the parent has one too, writing to a child that has died waits for
// ever.
//
// variable names the environment variable; "" stands for [Variable]. Several
// caches need a pipe, and a variable, each.
func Pipe(cmd *exec.Cmd, variable string) (w, r *os.File, err error) {
	if variable == "" {
		variable = Variable
	}
	r, w, err = os.Pipe()
	if err != nil {
		return nil, nil, fmt.Errorf("handover: %w", err)
	}
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env, fmt.Sprintf("%s=%d", variable, firstExtraFile+len(cmd.ExtraFiles)))
	cmd.ExtraFiles = append(cmd.ExtraFiles, r)
	return w, r, nil
}

// Inherited returns the end of the pipe that the parent process has left for
// this one, and false if it has left none, as when this is the first process.
// It removes the variable, so that a second call, and children of this process,
// find none. The caller closes the file.
//
// It fails, with an error that wraps [ErrDescriptor], if the variable names no
// descriptor that is open.
func Inherited(variable string) (r *os.File, ok bool, err error) {
	if variable == "" {
		variable = Variable
	}
	text, ok := os.LookupEnv(variable)
	if !ok {
		return nil, false, nil
	}
	if err := os.Unsetenv(variable); err != nil {
		return nil, false, fmt.Errorf("%w: %w", ErrDescriptor, err)
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < firstExtraFile {
		return nil, false, fmt.Errorf("%w: %s is %q; allowed are numbers from %d", ErrDescriptor, variable, text, firstExtraFile)
	}
	// Set before the file is made, so that its reads have deadlines. It also
	// tells whether the descriptor is open.
	if err := syscall.SetNonblock(n, true); err != nil {
		return nil, false, fmt.Errorf("%w: %s is %d: %w", ErrDescriptor, variable, n, err)
	}
	syscall.CloseOnExec(n)
	return os.NewFile(uintptr(n), "handover"), true, nil
}
