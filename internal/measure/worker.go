package measure

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"sync/atomic"
	"time"

	"github.com/reprise-tls/reprise/internal/child"
)

// orphaned is how long a copy may take to end after its parent has gone.
const orphaned = 5 * time.Second

// Work is the main function of a copy: it carries out the requests that come
// in and returns at their end. Replies go to out, to which nothing else may
// write.
func Work(targets []Target, in io.Reader, out io.Writer) error {
	// A terminal sends an interrupt to the copies too; what they do about it
	// is the parent's business.
	signal.Ignore(os.Interrupt)

	w := &worker{targets: targets, out: out}
	requests := make(chan request)
	ended := make(chan error, 1)
	go func() {
		ended <- w.listen(bufio.NewReader(in), requests)
		close(requests)
	}()
	for r := range requests {
		answer, err := w.do(r)
		if err != nil {
			answer = reply{Error: err.Error()}
		}
		if err := child.Write(out, answer); err != nil {
			return err
		}
	}
	return <-ended
}

type worker struct {
	targets []Target
	out     io.Writer
	stop    atomic.Bool
	driver  Driver   // of slices
	stage   *Stage   // of a scenario
	profile *os.File // what the CPU profile goes to, nil for none
}

// listen passes requests on, except for Stop, which concerns the request that
// is being carried out.
func (w *worker) listen(in *bufio.Reader, requests chan<- request) error {
	for {
		var r request
		err := child.Read(in, &r)
		if err != nil {
			w.stop.Store(true)
			// A target that hangs must not outlive the run.
			time.AfterFunc(orphaned, func() { os.Exit(1) })
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("measure: requests: %w", err)
		}
		if r.Stop {
			w.stop.Store(true)
			continue
		}
		requests <- r
	}
}

func (w *worker) do(r request) (reply, error) {
	switch {
	case r.Prepare != nil:
		return w.prepare(r.Prepare)
	case r.Slice != nil:
		if r.Slice.Collect {
			runtime.GC()
		}
		s := w.driver.Slice(r.Slice.Goroutines, r.Slice.Duration, &w.stop)
		return reply{Sample: &s}, nil
	case r.Block != nil:
		over, err := w.stage.Block(*r.Block, &w.stop, func(i Interval) error {
			return child.Write(w.out, reply{Interval: &i})
		})
		return reply{Ended: &ended{Over: over}}, err
	case r.Finish != nil:
		return w.finish(r.Finish)
	}
	return reply{}, fmt.Errorf("measure: empty request")
}

func (w *worker) prepare(p *prepare) (reply, error) {
	t, err := Find(w.targets, p.Target)
	if err != nil {
		return reply{}, err
	}
	var description Description
	switch {
	case p.Scenario != nil:
		if w.stage, err = OpenStage(t, p.Scenario, p.Capture); err == nil {
			description = w.stage.Describe()
		}
	case t.Open != nil:
		w.driver, err = t.Open(p.Spec, p.Options)
	default:
		w.driver, err = Open(t, p.Spec, p.Options)
	}
	if err != nil {
		return reply{}, err
	}
	if w.driver != nil {
		description = w.driver.Describe()
	}
	if p.CPUProfile != "" {
		if w.profile, err = os.Create(p.CPUProfile); err != nil {
			return reply{}, err
		}
		if err := pprof.StartCPUProfile(w.profile); err != nil {
			return reply{}, fmt.Errorf("CPU profile %s: %w", p.CPUProfile, err)
		}
	}
	return reply{Prepared: &description}, nil
}

func (w *worker) finish(f *finish) (reply, error) {
	if w.profile != nil {
		pprof.StopCPUProfile()
		if err := w.profile.Close(); err != nil {
			return reply{}, err
		}
	}
	if f.MemoryProfile != "" {
		if err := writeMemoryProfile(f.MemoryProfile); err != nil {
			return reply{}, err
		}
	}
	if w.stage != nil {
		finding, err := w.stage.Finish()
		return reply{Finished: &finding}, err
	}
	finding := w.driver.Finish()
	return reply{Finished: &finding}, nil
}

// writeMemoryProfile writes what is alive, and what was allocated since the
// start.
func writeMemoryProfile(name string) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	runtime.GC()
	return pprof.WriteHeapProfile(f)
}
