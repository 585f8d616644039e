package child

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// A Process is a child whose replies are of type T. One goroutine at a time may
// use it.
type Process[T any] struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	replies chan T
	exited  chan struct{} // closed when the process has ended
	status  error         // why, once exited is closed
	stderr  tail
}

// Grace is how long a child may take to end.
const Grace = 10 * time.Second

// dumpGrace is how long a hung child has to write its stacks.
const dumpGrace = 2 * time.Second

// Start starts a child.
func Start[T any](cmd *exec.Cmd) (*Process[T], error) {
	p := &Process[T]{cmd: cmd, replies: make(chan T, 1), exited: make(chan struct{})}
	cmd.Stderr = &p.stderr
	cmd.WaitDelay = Grace // where a grandchild keeps standard error open
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p.in = in
	go p.listen(bufio.NewReader(out))
	return p, nil
}

// listen receives replies until the process ends, and then waits for it.
func (p *Process[T]) listen(out *bufio.Reader) {
	var garbled error
	for {
		var reply T
		err := Read(out, &reply)
		if err == nil {
			p.replies <- reply
			continue
		}
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			garbled = fmt.Errorf("its replies cannot be understood: %w", err)
			p.signalKill()
		}
		break
	}
	p.status = p.cmd.Wait()
	if garbled != nil {
		p.status = garbled
	}
	close(p.exited)
}

// signalKill ends the process. It can fail only if the process has ended,
// which is what is wanted.
func (p *Process[T]) signalKill() { _ = p.cmd.Process.Kill() }

// Send writes a message to the child. It fails if the child has ended, or is
// about to.
func (p *Process[T]) Send(message any) error { return Write(p.in, message) }

// Replies returns the channel of the child's messages, of which it holds one.
func (p *Process[T]) Replies() <-chan T { return p.replies }

// Exited returns a channel that is closed when the child has ended. The last
// message that it wrote before may still be in Replies.
func (p *Process[T]) Exited() <-chan struct{} { return p.exited }

// Kill ends the child and waits until it has gone. Messages that nobody has
// received are dropped: to one of them its end would have to wait.
func (p *Process[T]) Kill() {
	p.signalKill()
	for {
		select {
		case <-p.exited:
			return
		case <-p.replies:
		}
	}
}

// End lets the child end by itself, and kills it if it does not.
func (p *Process[T]) End() {
	_ = p.in.Close() // all it says is that the process has gone
	select {
	case <-p.exited:
	case <-time.After(Grace):
		p.Kill()
	}
}

// Hung kills a child that has not answered, with the stacks of its goroutines
// for its last words where the system has a signal for that. It returns the
// error that says so.
func (p *Process[T]) Hung(doing string, after time.Duration) *HungError {
	if p.cmd.Process.Signal(syscall.SIGQUIT) == nil {
		select {
		case <-p.exited:
		case <-time.After(dumpGrace):
		}
	}
	p.Kill()
	return &HungError{Doing: doing, After: after, Stack: p.stderr.String()}
}

// Died waits until the child has ended, and returns the error that says how. One
// to which a message could not be sent has closed its input: it is killed.
func (p *Process[T]) Died(doing string) *DiedError {
	p.Kill()
	status := "exit status 0"
	if p.status != nil {
		status = p.status.Error()
	}
	return &DiedError{Doing: doing, Status: status, Stderr: p.stderr.String()}
}

// A HungError says that a child did not answer in time and was killed.
type HungError struct {
	Doing string        // what it was asked to do
	After time.Duration // how long it was waited for
	Stack string        // the last it wrote on its standard error
}

func (e *HungError) Error() string {
	return fmt.Sprintf("hung: no answer to %s after %v; killed%s", e.Doing, e.After, lastWords(e.Stack))
}

// A DiedError says that a child ended by itself.
type DiedError struct {
	Doing  string // what it was asked to do
	Status string // how it ended
	Stderr string // the last it wrote on its standard error
}

func (e *DiedError) Error() string {
	return fmt.Sprintf("died during %s: %s%s", e.Doing, e.Status, lastWords(e.Stderr))
}

func lastWords(s string) string {
	if s = strings.TrimSpace(s); s == "" {
		return ""
	}
	return "; its last words:\n" + s
}
