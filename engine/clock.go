package engine

import (
	"sync"
	"sync/atomic"
	"time"
)

// coarseTick is how far the coarse clock may be behind, as long as its
// goroutine gets to run.
const coarseTick = 100 * time.Millisecond

// coarse is the clock of every cache that was given none.
var coarse coarseClock

// coarseClock is a clock whose reading costs one load. A goroutine sets it
// while it is leased by somebody.
type coarseClock struct {
	_       [64]byte
	seconds atomic.Int64 // Unix seconds; 0: not running
	_       [64]byte

	mu     sync.Mutex // guards what follows; never held while callbacks run
	leases int
	stop   chan struct{}
	done   chan struct{}
}

// now returns the time in Unix seconds. While the clock is not running it asks
// the system.
func (k *coarseClock) now() int64 {
	if t := k.seconds.Load(); t != 0 {
		return t
	}
	return time.Now().Unix()
}

// lease starts the clock if it is not running. It keeps running until the
// lease, and every other one, was released.
func (k *coarseClock) lease() *clockLease {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.leases++; k.leases == 1 {
		k.seconds.Store(time.Now().Unix())
		k.stop, k.done = make(chan struct{}), make(chan struct{})
		go k.run(k.stop, k.done)
	}
	return &clockLease{clock: k}
}

func (k *coarseClock) run(stop <-chan struct{}, done chan<- struct{}) {
	defer close(done)
	ticker := time.NewTicker(coarseTick)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
			k.seconds.Store(time.Now().Unix())
		}
	}
}

// giveBack ends a lease, and with the last one the goroutine: it has ended
// when giveBack returns, so it cannot set a clock that was started anew.
func (k *coarseClock) giveBack() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.leases--; k.leases > 0 {
		return
	}
	close(k.stop)
	<-k.done
	k.seconds.Store(0)
}

// clockLease keeps the clock running. It must not point at the cache it is
// for, which would then never be collected.
type clockLease struct {
	clock    *coarseClock
	returned atomic.Bool
}

// release ends the lease; a nil one, and one that has ended, do nothing.
func (l *clockLease) release() {
	if l != nil && l.returned.CompareAndSwap(false, true) {
		l.clock.giveBack()
	}
}
