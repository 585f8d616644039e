package handshake

import (
	"os/exec"
	"time"

	"github.com/reprise-tls/reprise/internal/child"
)

// process is a target's, as the clients see it. One goroutine at a time may use
// it.
type process struct {
	*child.Process[reply]
	allowed time.Duration // for an answer
}

// start starts a process, by a command that runs [Serve].
func start(cmd *exec.Cmd, allowed time.Duration) (*process, error) {
	p, err := child.Start[reply](cmd)
	if err != nil {
		return nil, err
	}
	return &process{p, allowed}, nil
}

// call sends a request and waits for its reply. After an error that is not the
// target's own answer the process has gone.
func (p *process) call(doing string, r request) (reply, error) {
	if err := p.Send(r); err != nil {
		return reply{}, p.Died(doing)
	}
	timer := time.NewTimer(p.allowed)
	defer timer.Stop()
	select {
	case answer := <-p.Replies():
		return answer, answer.error()
	case <-p.Exited():
		select {
		case answer := <-p.Replies(): // it came before the end
			return answer, answer.error()
		default:
			return reply{}, p.Died(doing)
		}
	case <-timer.C:
		return reply{}, p.Hung(doing, p.allowed)
	}
}
