package handshake

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/reprise-tls/reprise/internal/measure"
)

// Run measures. Targets that hang, die or fail do so for themselves: the
// result has what the others did. When the context ends, Run checks what there
// is and returns it, marked as partial. An error means that there is no result.
func Run(ctx context.Context, c Config) (*Result, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	r := &runner{Config: c, result: &Result{Environment: measure.ThisEnvironment(), Settings: settings(c)}}
	if len(c.Targets) > 0 {
		var err error
		if r.certificates, err = newCertificates(); err != nil {
			return nil, fmt.Errorf("certificates for the handshakes: %w", err)
		}
	}
	r.result.Planned = len(c.Mixes) * len(c.Goroutines) * c.Count * len(r.result.Settings.Targets)
	for _, mix := range c.Mixes {
		if ctx.Err() != nil {
			break
		}
		r.group(ctx, mix)
	}
	r.result.Partial = ctx.Err() != nil && r.result.Done < r.result.Planned
	now := measure.ThisEnvironment()
	r.result.Environment.Ended, r.result.Environment.LoadAfter = now.Begun, now.LoadBefore
	return r.result, nil
}

type runner struct {
	Config
	certificates *certificates // nil: no targets of this package
	result       *Result
	slices       int // made
}

// group measures all targets and numbers of goroutines for one mix. Every
// target has a process a group.
func (r *runner) group(ctx context.Context, mix Mix) {
	var running []*runningTarget
	defer func() {
		for _, t := range running {
			t.end()
		}
	}()
	for _, name := range r.result.Settings.Targets {
		if ctx.Err() != nil {
			return
		}
		if t := r.open(ctx, name, mix); t != nil {
			running = append(running, t)
		}
	}
	r.addCells(running)
	if r.WarmUp > 0 {
		for _, n := range r.Goroutines {
			running = r.each(ctx, running, func(t *runningTarget) error {
				_, err := r.slice(ctx, t, n, r.WarmUp)
				return err
			})
		}
	}
	for round := range r.Count {
		running = r.round(ctx, running, round)
	}
	r.each(context.WithoutCancel(ctx), running, r.finish)
}

// addCells adds the cells in the order of the targets, whatever the order they
// are measured in.
func (r *runner) addCells(running []*runningTarget) {
	for _, n := range r.Goroutines {
		for _, t := range running {
			t.cells[n] = &Cell{Place: t.Place, Goroutines: n}
			r.result.Cells = append(r.result.Cells, t.cells[n])
		}
	}
}

// each calls f for the targets, as long as the context lasts, and returns those
// for which it did not fail.
func (r *runner) each(ctx context.Context, targets []*runningTarget, f func(*runningTarget) error) []*runningTarget {
	return slices.DeleteFunc(slices.Clone(targets), func(t *runningTarget) bool {
		if ctx.Err() != nil {
			return false
		}
		err := f(t)
		if err == nil {
			return false
		}
		t.end()
		r.result.Failures = append(r.result.Failures, Failure{t.Place, err.Error()})
		return true
	})
}

// round measures every target once for each number of goroutines. Every other
// round goes the other way round, so that none always comes first.
func (r *runner) round(ctx context.Context, running []*runningTarget, round int) []*runningTarget {
	slot := 0
	for _, n := range r.Goroutines {
		order := slices.Clone(running)
		if round%2 == 1 {
			slices.Reverse(order)
		}
		left := r.each(ctx, order, func(t *runningTarget) error {
			r.report(fmt.Sprintf("%s g=%d", t.describe(), n), t.rate)
			s, err := r.slice(ctx, t, n, r.Duration)
			if err != nil {
				return err
			}
			s.Round, s.Slot = round, slot
			slot++
			if s.Counts.Started > 0 {
				t.cells[n].Samples = append(t.cells[n].Samples, s)
				t.rate = s.Rate()
			}
			if ctx.Err() == nil {
				r.result.Done++
			}
			return nil
		})
		running = slices.DeleteFunc(running, func(t *runningTarget) bool { return !slices.Contains(left, t) })
	}
	return running
}

// slice measures once.
func (r *runner) slice(ctx context.Context, t *runningTarget, goroutines int, length time.Duration) (Sample, error) {
	r.slices++
	before, err := t.read(r.Collect)
	if err != nil {
		return Sample{}, err
	}
	s := t.play(ctx, &plan{
		mix: t.Mix, resumed: r.Resumed, abort: r.Aborted, limits: limits{r.Timeout, r.Closing},
		rate: r.Rate, arrivals: r.Arrivals, late: r.Late, seed: r.Seed, slice: r.slices, generators: goroutines,
	}, length, r.Collect)
	after, err := t.read(false)
	if err != nil {
		return Sample{}, err
	}
	if t.process == nil {
		return s, nil
	}
	s.Server = before.until(after)
	if wrong := s.disagreement(); wrong != "" && ctx.Err() == nil {
		r.violated(t.Place, wrong)
	}
	return s, nil
}

// disagreement tells where client and server count handshakes differently. What
// failed at the client may have been done for the server.
func (s Sample) disagreement() string {
	if s.Counts.Failed == 0 && (s.Server.Full != s.Counts.Full || s.Server.Resumed != s.Counts.Resumed || s.Server.Broken != s.Counts.Aborted) {
		return fmt.Sprintf("the clients made %d full and %d resumed handshakes and aborted %d, the server counted %d, %d and %d",
			s.Counts.Full, s.Counts.Resumed, s.Counts.Aborted, s.Server.Full, s.Server.Resumed, s.Server.Broken)
	}
	return ""
}

func (r *runner) violated(p Place, what ...string) {
	for i := range r.result.Violations {
		if v := &r.result.Violations[i]; v.Place == p {
			v.What = append(v.What, what...)
			return
		}
	}
	r.result.Violations = append(r.result.Violations, Violation{p, what})
}

// finish ends a target's server and asks what is wrong with it.
func (r *runner) finish(t *runningTarget) error {
	if t.process == nil {
		return nil
	}
	r.report("checking "+t.describe(), 0)
	answer, err := t.process.call("the final check", request{Finish: &finishRequest{}})
	if err != nil {
		return err
	}
	if answer.Finished == nil {
		return fmt.Errorf("the answer to the final check says nothing")
	}
	if len(answer.Finished.Violations) > 0 {
		r.violated(t.Place, answer.Finished.Violations...)
	}
	return nil
}

func (r *runner) report(doing string, rate float64) {
	if r.Progress != nil {
		r.Progress(measure.Progress{Doing: doing, Done: r.result.Done, Total: r.result.Planned, Rate: rate})
	}
}

func (p Place) describe() string { return p.Target + " " + p.Mix.String() }

// profile returns the name of a target's profile, nothing for none.
func (r *runner) profile(p Place) string {
	if r.CPUProfile == "" {
		return ""
	}
	mix := strings.NewReplacer("=", "", ",", "-").Replace(p.Mix.String())
	return ProfileName(r.CPUProfile, p.Target+"-"+mix)
}

// ProfileName puts what a profile is of before the extension of a file's name.
func ProfileName(name, of string) string {
	extension := filepath.Ext(name)
	return strings.TrimSuffix(name, extension) + "-" + of + extension
}
