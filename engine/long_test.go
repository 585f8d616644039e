//go:build long

package engine_test

import (
	"encoding/binary"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/reprise-tls/reprise/engine"
)

// TestTenMillion fills a cache with ten million sessions, churns, flushes and
// closes it, on both tables, and accounts for every reference. It needs about
// 6 GB and a few minutes: make ten-million.
func TestTenMillion(t *testing.T) {
	for _, kind := range []engine.TableKind{engine.LockFree, engine.XSync} {
		t.Run(kind.String(), func(t *testing.T) { tenMillion(t, kind) })
	}
}

func tenMillion(t *testing.T, kind engine.TableKind) {
	const n, early = 10_000_000, 1_000_000 // early ones expire at 1001, the rest at 9000
	var now atomic.Int64
	now.Store(1000)
	config := engine.Defaults()
	config.Capacity = n
	config.Table = kind
	config.Clock = now.Load
	var dropped [8]atomic.Int64
	config.Callbacks.Remove = func(_ *engine.Session, r engine.Reason) { dropped[r].Add(1) }
	cache, err := engine.New(config)
	if err != nil {
		t.Fatal(err)
	}

	sessions := make([]*engine.Session, n)
	workers := runtime.GOMAXPROCS(0)
	each := func(do func(i int)) {
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				for i := w; i < n; i += workers {
					do(i)
				}
			})
		}
		wg.Wait()
	}
	each(func(i int) {
		var id [32]byte
		binary.BigEndian.PutUint64(id[:], uint64(i)+1)
		timeout := int64(8000)
		if i < early {
			timeout = 1
		}
		s, err := engine.NewSession(id[:], id[:17], engine.SessionOptions{Created: 1000, Timeout: timeout})
		if err != nil {
			t.Error(err)
			return
		}
		sessions[i] = s
		if !cache.Add(s) {
			t.Errorf("session %d was not added", i)
		}
	})
	if got := cache.Len(); got != n {
		t.Fatalf("Len = %d after %d distinct adds into a cache of that capacity", got, n)
	}
	each(func(i int) { // churn: every session leaves and comes back once
		if !cache.Remove(sessions[i]) || !cache.Add(sessions[i]) {
			t.Errorf("session %d: removed or added wrongly", i)
		}
	})
	if report, err := cache.Audit(); err != nil || report.Sessions != n {
		t.Fatalf("after the churn: %+v, %v", report, err)
	}
	now.Store(1002)
	if got := cache.Flush(1002); got != early {
		t.Errorf("Flush removed %d, want %d", got, early)
	}
	if report, err := cache.Audit(); err != nil || report.Sessions != n-early {
		t.Fatalf("after the flush: %+v, %v", report, err)
	}
	cache.Close()
	var leaked atomic.Int64
	each(func(i int) {
		if sessions[i].References() != 1 {
			leaked.Add(1)
		}
		sessions[i].Release()
	})
	if leaked.Load() != 0 || cache.Len() != 0 {
		t.Errorf("%d sessions with a reference too many, Len %d", leaked.Load(), cache.Len())
	}
	t.Logf("removed %d, flushed %d, closed %d", dropped[engine.ReasonRemoved].Load(),
		dropped[engine.ReasonFlushed].Load(), dropped[engine.ReasonClosed].Load())
}
