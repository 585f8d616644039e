package measure

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A HungError says that a target did not answer in time and was killed.
type HungError struct {
	Doing string        // what it was asked to do
	After time.Duration // how long it was waited for
	Stack string        // the last it wrote on its standard error
}

func (e *HungError) Error() string {
	return fmt.Sprintf("hung: no answer to %s after %v; killed%s", e.Doing, e.After, lastWords(e.Stack))
}

// A DiedError says that a target's process ended by itself.
type DiedError struct {
	Doing  string
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

// process is a copy of the program that runs one target. One goroutine at a
// time may use it.
type process struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	replies chan reply
	exited  chan struct{} // closed when the process has ended
	status  error         // why, once exited is closed
	stderr  tail

	// interval is called with the intervals that come before a reply, each of
	// which gives the target its time anew.
	interval func(Interval)
}

// start starts a copy. The command must run [Work].
func start(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, replies: make(chan reply, 1), exited: make(chan struct{})}
	cmd.Stderr = &p.stderr
	cmd.WaitDelay = stopGrace // where a grandchild keeps standard error open
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
func (p *process) listen(out *bufio.Reader) {
	var garbled error
	for {
		var r reply
		err := readMessage(out, &r)
		if err == nil {
			p.replies <- r
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
func (p *process) signalKill() { _ = p.cmd.Process.Kill() }

// call sends a request and waits for its reply, at most as long as allowed.
// When the context ends the process is asked to stop early, and is killed if
// it does not within a few seconds. After an error that is not the target's
// own answer the process has gone.
func (p *process) call(ctx context.Context, doing string, r request, allowed time.Duration) (reply, error) {
	if err := writeMessage(p.in, r); err != nil {
		p.kill()
		return reply{}, p.died(doing)
	}
	timer := time.NewTimer(allowed)
	defer timer.Stop()
	interrupted, grace := ctx.Done(), stopGrace
	if r.Prepare != nil {
		grace = 0 // nothing is lost with it
	}
	for {
		select {
		case answer := <-p.replies:
			if answer.Interval == nil {
				return answer, answer.error()
			}
			p.interval(*answer.Interval)
			if ctx.Err() == nil {
				timer.Reset(allowed)
			}
		case <-p.exited:
			select {
			case answer := <-p.replies: // it came before the end
				if answer.Interval != nil {
					p.interval(*answer.Interval)
					continue
				}
				return answer, answer.error()
			default:
				return reply{}, p.died(doing)
			}
		case <-interrupted:
			interrupted = nil
			// If this fails the process has ended, which another case sees.
			_ = writeMessage(p.in, request{Stop: true})
			timer.Reset(grace)
		case <-timer.C:
			if ctx.Err() == nil {
				p.dump()
			}
			p.kill()
			if ctx.Err() != nil {
				return reply{}, ctx.Err()
			}
			return reply{}, &HungError{Doing: doing, After: allowed, Stack: p.stderr.String()}
		}
	}
}

// stopGrace is how long a target has to end a slice when it is asked to.
const stopGrace = 10 * time.Second

// dumpGrace is how long a hung process has to write its stacks.
const dumpGrace = 2 * time.Second

// dump makes a hung Go process write the stacks of its goroutines, where the
// system has such a signal.
func (p *process) dump() {
	if p.cmd.Process.Signal(syscall.SIGQUIT) != nil {
		return
	}
	select {
	case <-p.exited:
	case <-time.After(dumpGrace):
	}
}

// kill ends the process and waits until it has gone.
func (p *process) kill() {
	p.signalKill()
	<-p.exited
}

// end lets the process end by itself, and kills it if it does not.
func (p *process) end() {
	_ = p.in.Close() // all it says is that the process has gone
	select {
	case <-p.exited:
	case <-time.After(stopGrace):
		p.kill()
	}
}

// died tells how the process ended, once it has.
func (p *process) died(doing string) error {
	status := "exit status 0"
	if p.status != nil {
		status = p.status.Error()
	}
	return &DiedError{Doing: doing, Status: status, Stderr: p.stderr.String()}
}

// tail keeps the beginning and the end of what is written to it: the first
// lines of a crash say why, the last where. It may be used by several
// goroutines.
type tail struct {
	mu    sync.Mutex
	head  []byte
	rest  []byte
	wrote int
}

// tailSize is how much is kept of the beginning and of the end, in bytes.
const tailSize = 4 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wrote += len(b)
	n := min(len(b), tailSize-len(t.head))
	t.head = append(t.head, b[:n]...)
	t.rest = append(t.rest, b[n:]...)
	if excess := len(t.rest) - tailSize; excess > 0 {
		t.rest = append(t.rest[:0], t.rest[excess:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if left := t.wrote - len(t.head) - len(t.rest); left > 0 {
		return fmt.Sprintf("%s\n[%d bytes left out]\n%s", t.head, left, t.rest)
	}
	return string(t.head) + string(t.rest)
}
