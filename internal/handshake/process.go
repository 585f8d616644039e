package handshake

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// process is a target's, as the clients see it. One goroutine at a time may use
// it.
type process struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	replies chan reply
	exited  chan struct{} // closed when the process has ended
	status  error         // why, once exited is closed
	stderr  words
	allowed time.Duration // for an answer
}

// endGrace is how long a process may take to end.
const endGrace = 10 * time.Second

// start starts a process, by a command that runs [Serve].
func start(cmd *exec.Cmd, allowed time.Duration) (*process, error) {
	p := &process{cmd: cmd, replies: make(chan reply, 1), exited: make(chan struct{}), allowed: allowed}
	cmd.Stderr = &p.stderr
	cmd.WaitDelay = endGrace
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
	go p.listen(json.NewDecoder(out))
	return p, nil
}

// listen receives replies until the process ends.
func (p *process) listen(replies *json.Decoder) {
	for {
		var r reply
		if err := replies.Decode(&r); err != nil {
			if !errors.Is(err, io.EOF) {
				_ = p.cmd.Process.Kill() // it fails only if the process has ended
			}
			break
		}
		p.replies <- r
	}
	p.status = p.cmd.Wait()
	close(p.exited)
}

// call sends a request and waits for its reply. After an error that is not the
// target's own answer the process has gone.
func (p *process) call(doing string, r request) (reply, error) {
	if err := json.NewEncoder(p.in).Encode(r); err != nil {
		p.kill()
		return reply{}, p.died(doing)
	}
	timer := time.NewTimer(p.allowed)
	defer timer.Stop()
	select {
	case answer := <-p.replies:
		if answer.Error != "" {
			return reply{}, errors.New(answer.Error)
		}
		return answer, nil
	case <-p.exited:
		return reply{}, p.died(doing)
	case <-timer.C:
		p.kill()
		return reply{}, fmt.Errorf("hung: no answer to %s after %v; killed%s", doing, p.allowed, p.stderr.last())
	}
}

func (p *process) died(doing string) error {
	status := "exit status 0"
	if p.status != nil {
		status = p.status.Error()
	}
	return fmt.Errorf("died during %s: %s%s", doing, status, p.stderr.last())
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it fails only if the process has ended
	<-p.exited
}

// end lets the process end by itself, and kills it if it does not.
func (p *process) end() {
	_ = p.in.Close() // all it says is that the process has gone
	select {
	case <-p.exited:
	case <-time.After(endGrace):
		p.kill()
	}
}

// words keeps the last that is written to it. It may be used by several
// goroutines.
type words struct {
	mu   sync.Mutex
	text []byte
}

// wordsKept is how much is kept, in bytes.
const wordsKept = 8 << 10

func (w *words) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text = append(w.text, b...)
	if excess := len(w.text) - wordsKept; excess > 0 {
		w.text = append(w.text[:0], w.text[excess:]...)
	}
	return len(b), nil
}

func (w *words) last() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s := strings.TrimSpace(string(w.text)); s != "" {
		return "; its last words:\n" + s
	}
	return ""
}
