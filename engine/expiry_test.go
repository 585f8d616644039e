package engine

import (
	"math"
	"runtime"
	"testing"
)

// OpenSSL: expired iff now > time + timeout. A lookup that meets an expired
// session removes it and counts a timeout, neither a hit nor a miss.
func TestExpiryIsStrict(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		var told []Reason
		f := newFixture(t, kind, func(g *Config) {
			g.Timeout = 100
			g.Callbacks.Remove = func(_ *Session, r Reason) { told = append(told, r) }
		})
		s := f.add(1)
		f.time.Store(startTime + 100)
		equal(t, "found in the last second", f.has(s), true)
		f.time.Store(startTime + 101)
		equal(t, "found after it", f.has(s), false)
		stats := f.Stats()
		equal(t, "Timeouts", stats.Timeouts, 1)
		equal(t, "Expired", stats.Expired, 1)
		equal(t, "Misses", stats.Misses, 0)
		equal(t, "Hits", stats.Hits, 1)
		if len(told) != 1 || told[0] != ReasonExpired {
			t.Errorf("Remove was told %v", told)
		}
		equal(t, "found again", f.has(s), false)
		equal(t, "Misses", f.Stats().Misses, 1)
	})
}

func TestExtremeTimes(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		for name, test := range map[string]struct {
			created, timeout int64
			lastSecond       int64
		}{
			"2^62 seconds":             {startTime, 1 << 62, startTime + 1<<62},
			"2^63-1 seconds":           {startTime, math.MaxInt64, Never},
			"created at 2^63-1":        {math.MaxInt64, 10, Never},
			"created long ago":         {math.MinInt64, math.MaxInt64, -1},
			"created long ago, short":  {math.MinInt64, 1, math.MinInt64 + 1},
			"created before the epoch": {-500, 400, -100},
			"created in the future":    {startTime + 5000, 10, startTime + 5010},
		} {
			f := newFixture(t, kind, func(g *Config) { g.Mode = Server | NoAutoClear })
			s := f.sessionWith(1, SessionOptions{Created: test.created, Timeout: test.timeout})
			equal(t, name+": Add", f.Add(s), true)
			equal(t, name+": flushed in its last second", f.Flush(test.lastSecond), 0)
			f.time.Store(test.lastSecond)
			equal(t, name+": found in its last second", f.has(s), true)
			if test.lastSecond == Never {
				continue
			}
			f.time.Store(test.lastSecond + 1)
			equal(t, name+": found after it", f.has(s), false)
		}
	})
}

// Every operation goes by what the clock says then.
func TestClockJumps(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, func(g *Config) { g.Capacity = 4 })
		a, b := f.add(1), f.add(2)
		f.time.Store(startTime + 10*DefaultTimeout)
		equal(t, "found after a jump forward", f.has(a), false)
		f.time.Store(startTime)
		equal(t, "found after the jump back, though looked up meanwhile", f.has(a), false)
		equal(t, "found after the jump back, not looked up meanwhile", f.has(b), true)
		f.time.Store(-startTime)
		equal(t, "found when the clock is before its creation", f.has(b), true)
		f.time.Store(math.MinInt64)
		f.add(3)
		f.time.Store(math.MaxInt64)
		for n := range 8 { // evictions of sessions of every age
			f.add(10 + n)
		}
		f.time.Store(math.MinInt64)
		for n := range 8 {
			f.add(20 + n)
		}
		equal(t, "Len", f.Len(), 4)
	})
}

// SSL_CTX_set_timeout affects sessions that are made or added later.
func TestSetTimeoutLeavesWhatIsInTheCache(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, func(g *Config) { g.Timeout = 100 })
		own, none := f.add(1), f.sessionWith(2, SessionOptions{Created: startTime})
		f.Add(none)
		if err := f.SetTimeout(1000); err != nil {
			t.Fatal(err)
		}
		late := f.sessionWith(3, SessionOptions{Created: startTime})
		f.Add(late)
		equal(t, "timeout of a session made before", own.Timeout(), 100)
		equal(t, "timeout of a session made now", f.session(4).Timeout(), 1000)
		f.time.Add(101)
		equal(t, "found: made before", f.has(own), false)
		equal(t, "found: without a timeout, added before", f.has(none), false)
		equal(t, "found: without a timeout, added after", f.has(late), true)
	})
}

func TestASessionsTimesTakeEffectByReschedule(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, func(g *Config) { g.Mode |= NoAutoClear })
		s := f.add(1)
		s.SetCreated(startTime + DefaultTimeout)
		equal(t, "flushed by the old time", f.Flush(startTime+DefaultTimeout), 0)
		equal(t, "Reschedule", f.Reschedule(s), true)
		equal(t, "flushed by the new time", f.Flush(startTime+2*DefaultTimeout), 0)
		if err := s.SetTimeout(1); err != nil {
			t.Fatal(err)
		}
		equal(t, "Reschedule", f.Reschedule(s), true)
		equal(t, "references", s.References(), 2)
		equal(t, "flushed by the new timeout", f.Flush(startTime+DefaultTimeout+2), 1)
	})
}

// sweeps adds sessions that are not expired and returns how many the cache had
// in the end, of 200 that were and those.
func sweeps(t *testing.T, kind TableKind, mode Mode) int {
	f := newFixture(t, kind, func(g *Config) { g.Mode = mode })
	for n := range 200 {
		f.Add(f.sessionWith(n, SessionOptions{Created: startTime, Timeout: 10}))
	}
	f.time.Add(11)
	fresh := f.sessionWith(1000, SessionOptions{Created: startTime + 11})
	for range 20_000 { // as many adds as it takes, of the same two sessions
		f.Add(fresh)
		f.Remove(fresh)
	}
	equal(t, "Expired", f.Stats().Expired, uint64(200-f.Len()))
	return f.Len()
}

func TestAddsSweepUnlessNoAutoClear(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		equal(t, "expired sessions left", sweeps(t, kind, Server), 0)
		equal(t, "expired sessions left under Off", sweeps(t, kind, Off), 0)
		equal(t, "expired sessions left under NoAutoClear", sweeps(t, kind, Server|NoAutoClear), 200)
	})
}

// One add in sixteen sweeps, wherever the stack of the goroutine is: what picks
// a counter is how deep it is.
func TestSweepsAreAsRareAtEveryDepth(t *testing.T) {
	const expired = 1000
	f := newFixture(t, LockFree, func(g *Config) { g.Capacity = 4096 })
	for n := range expired {
		f.sessionWith(n, SessionOptions{Created: startTime, Timeout: 10})
	}
	old := f.made[:expired]
	total := uint64(0)
	fresh := f.sessionWith(expired, SessionOptions{Created: startTime + 11})
	for depth := range 64 {
		f.time.Store(startTime)
		for _, s := range old {
			f.Add(s)
		}
		f.time.Store(startTime + 11)
		before := f.Stats().Expired
		atDepth(depth, func() {
			for range sweepEvery {
				f.Remove(fresh)
				f.Add(fresh)
			}
		})
		// A sweep looks at 64 of 8192 buckets.
		n := f.Stats().Expired - before
		if n > 40 {
			t.Errorf("at depth %d the sweeps of %d adds removed %d expired sessions, want about 8", depth, sweepEvery, n)
		}
		total += n
	}
	if total < 64 {
		t.Errorf("the sweeps of all depths removed %d expired sessions, want about 500", total)
	}
}

// atDepth calls f that many frames further up the stack.
func atDepth(n int, f func()) {
	var frame [64]byte
	if n == 0 {
		f()
	} else {
		atDepth(n-1, f)
	}
	runtime.KeepAlive(&frame)
}
