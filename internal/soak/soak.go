package soak

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/pprof"
	"sync"
	"time"
)

// Run soaks a cache until the time is over, ctx ends, or something is found
// wrong; then it makes the checks of the end, whatever the cause. The summary
// says what was done and what was wrong. An error means that the soak could not
// begin.
//
// Counts of goroutines, heap and over-released references are the process's:
// nothing else that changes them may run beside it.
func Run(ctx context.Context, g Config) (*Summary, error) {
	if err := g.Check(); err != nil {
		return nil, fmt.Errorf("soak: %w", err)
	}
	before, goroutines := inUse(), runtime.NumGoroutine()
	w, err := newWorld(g)
	if err != nil {
		return nil, fmt.Errorf("soak: %w", err)
	}
	w.began = time.Now()
	interrupted, stalled := w.soak(ctx)
	elapsed := time.Since(w.began)
	if !stalled {
		w.close()
		w.checkRemains(before, goroutines)
	}
	return w.summary(elapsed, interrupted), nil
}

// soak runs the workers and the tender. It returns when they have ended, or
// when somebody does not come out of the cache.
func (w *world) soak(ctx context.Context) (interrupted, stalled bool) {
	var all sync.WaitGroup
	for _, k := range w.workers {
		all.Go(k.run)
	}
	tender := &tender{world: w, random: rand.New(rand.NewPCG(w.config.Seed, ^uint64(0)))}
	all.Go(tender.run)
	interrupted, stalled = w.watch(ctx)
	w.stop.Store(true)
	if stalled || !w.pause() {
		return interrupted, true
	}
	w.checkpoint("when all was done")
	w.gate.Unlock()
	all.Wait()
	return interrupted, false
}

// watch shows progress and makes checkpoints until the end.
func (w *world) watch(ctx context.Context) (interrupted, stalled bool) {
	end := time.NewTimer(w.config.Duration)
	defer end.Stop()
	second := time.NewTicker(time.Second)
	defer second.Stop()
	next := time.NewTicker(w.config.Checkpoint)
	defer next.Stop()
	for {
		select {
		case <-end.C:
			return false, false
		case <-w.found:
			return false, false
		case <-ctx.Done():
			return true, false
		case <-second.C:
			if w.config.Progress != nil {
				w.config.Progress(w.progress())
			}
		case <-next.C:
			if !w.pause() {
				return false, true
			}
			w.checkpoint("at a checkpoint")
			w.gate.Unlock()
		}
	}
}

// stallLimit is how long a burst of operations may take. It takes a few
// milliseconds.
const stallLimit = time.Minute

// pause waits until nobody uses the cache and keeps everybody from it until
// gate is unlocked. It returns false if somebody does not come out.
func (w *world) pause() bool {
	paused, abandoned := make(chan struct{}), make(chan struct{})
	go func() {
		w.gate.Lock()
		select {
		case paused <- struct{}{}:
		case <-abandoned:
			w.gate.Unlock()
		}
	}()
	patience := stallLimit
	if w.config.stall != 0 {
		patience = w.config.stall
	}
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case <-paused:
		return true
	case <-limit.C:
		close(abandoned)
		var stacks bytes.Buffer
		// Form 1 prints functions and lines without arguments.
		if err := pprof.Lookup("goroutine").WriteTo(&stacks, 1); err != nil {
			fmt.Fprintf(&stacks, "no stacks: %v", err)
		}
		w.fail("a goroutine has not come out of the cache for %v; all goroutines:\n%s", patience, stacks.Bytes())
		return false
	}
}

func (w *world) operations() (n uint64) {
	for _, k := range w.workers {
		for i := range k.counts {
			n += k.counts[i].Load()
		}
	}
	return n
}

func (w *world) progress() Progress {
	s := w.cache.Stats()
	p := Progress{
		Elapsed:     time.Since(w.began),
		Duration:    w.config.Duration,
		Operations:  w.operations(),
		Len:         s.Number,
		Capacity:    w.cache.Capacity(),
		Evicted:     s.CacheFull,
		Expired:     s.Expired + s.Flushed,
		Panics:      s.CallbackPanics,
		Faults:      w.store.injected(),
		Checkpoints: w.done.checks[checkpoints].Load(),
	}
	for i := range w.done.checks {
		p.Checks += w.done.checks[i].Load()
	}
	return p
}
