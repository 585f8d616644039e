package tlscache

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// follower is the goroutine that keeps epochs up with the store.
type follower struct {
	woken chan struct{}
	end   context.CancelFunc
	done  sync.WaitGroup
}

// follow starts it, if the cache has a store.
func (s *Server) follow() {
	ctx, end := context.WithCancel(context.Background())
	s.follower.woken, s.follower.end = make(chan struct{}, 1), end
	if !s.cache.HasStore() {
		return
	}
	s.follower.done.Go(func() {
		for {
			timer := time.NewTimer(jitter(s.options.EpochInterval))
			onlyProvisional := false
			select {
			case <-ctx.Done():
				timer.Stop()
				return
			case <-s.follower.woken:
				onlyProvisional = true
			case <-timer.C:
			}
			timer.Stop()
			_ = s.sync(ctx, onlyProvisional) // counted and logged there; the next round tries again
		}
	})
}

// jitter spreads a fleet that was started at once.
func jitter(d time.Duration) time.Duration {
	return d - time.Duration(rand.Int64N(int64(d)/5+1))
}

// wake makes the follower ask for the epochs of new scopes. It never waits.
func (f *follower) wake() {
	select {
	case f.woken <- struct{}{}:
	default:
	}
}
