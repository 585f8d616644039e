package golang

import (
	"sync"
	"sync/atomic"
	"time"
)

// seconds is the time in Unix seconds, at most a tenth of a second old: reading
// the system's clock would cost as much as a lookup. The engine has such a
// clock too.
var seconds atomic.Int64

// startClock is called by whatever opens a cache that reads the time. The
// clock then runs as long as the process.
var startClock = sync.OnceFunc(func() {
	seconds.Store(time.Now().Unix())
	go func() {
		for t := range time.Tick(100 * time.Millisecond) {
			seconds.Store(t.Unix())
		}
	}()
})

func now() int64 { return seconds.Load() }
