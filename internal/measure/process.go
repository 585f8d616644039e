package measure

import (
	"context"
	"os/exec"
	"time"

	"github.com/reprise-tls/reprise/internal/child"
)

// process is a copy of the program that runs one target. One goroutine at a
// time may use it.
type process struct {
	*child.Process[reply]

	// interval is called with the intervals that come before a reply, each of
	// which gives the target its time anew.
	interval func(Interval)
}

// start starts a copy. The command must run [Work].
func start(cmd *exec.Cmd) (*process, error) {
	p, err := child.Start[reply](cmd)
	if err != nil {
		return nil, err
	}
	return &process{Process: p}, nil
}

// call sends a request and waits for its reply, at most as long as allowed.
// When the context ends the process is asked to stop early, and is killed if
// it does not within a few seconds. After an error that is not the target's
// own answer the process has gone.
func (p *process) call(ctx context.Context, doing string, r request, allowed time.Duration) (reply, error) {
	if err := p.Send(r); err != nil {
		return reply{}, p.Died(doing)
	}
	timer := time.NewTimer(allowed)
	defer timer.Stop()
	interrupted, grace := ctx.Done(), child.Grace
	if r.Prepare != nil {
		grace = 0 // nothing is lost with it
	}
	for {
		select {
		case answer := <-p.Replies():
			if answer.Interval == nil {
				return answer, answer.error()
			}
			p.interval(*answer.Interval)
			if ctx.Err() == nil {
				timer.Reset(allowed)
			}
		case <-p.Exited():
			select {
			case answer := <-p.Replies(): // it came before the end
				if answer.Interval != nil {
					p.interval(*answer.Interval)
					continue
				}
				return answer, answer.error()
			default:
				return reply{}, p.Died(doing)
			}
		case <-interrupted:
			interrupted = nil
			// If this fails the process has ended, which another case sees.
			_ = p.Send(request{Stop: true})
			timer.Reset(grace)
		case <-timer.C:
			if ctx.Err() != nil {
				p.Kill()
				return reply{}, ctx.Err()
			}
			return reply{}, p.Hung(doing, allowed)
		}
	}
}
