package engine

import (
	"fmt"
	"math"
)

// modelCache is what a Cache is supposed to be, written to be read: one
// goroutine, a map, and the rules of the package's documentation one after the
// other. FuzzOperations compares the two.
type modelCache struct {
	now       int64
	mode      Mode
	capacity  int
	timeout   int64 // seconds, not 0
	probation int   // percent
	scope     Scope
	closed    bool
	callbacks modelCallbacks
	store     *modelStore // nil: none

	entries map[int]*modelEntry // by the number of the id
	stamps  int                 // given out so far
	stats   Stats               // without Number, Retries and OverReleased
	told    []string            // what callbacks and the store were told, in order
	swept   bool                // since told was emptied, expired sessions may have been swept out
}

// modelCallbacks says which callbacks are installed, and whether they panic.
type modelCallbacks struct {
	newSession, remove, get, panics bool
	outside                         map[int]*modelSession // what Get returns, by the id it is asked for
}

// A modelSession is a session and what is supposed to be true of it.
type modelSession struct {
	*Session
	number             int // in the order in which they were made
	id                 int
	scope              Scope
	state              int // the number of the state, -1 for an empty one
	created, timeout   int64
	promoted, unusable bool // unusable: marked not resumable
	held               int  // references of the test's
}

// A modelEntry is a session in the cache.
type modelEntry struct {
	*modelSession
	expiry int64
	stamp  int
}

// expiry returns the last second in which s is valid.
func (s *modelSession) expiry(byDefault int64) int64 {
	timeout := s.timeout
	if timeout == 0 {
		timeout = byDefault
	}
	if timeout > math.MaxInt64-s.created { // all creation times are positive
		return Never
	}
	return s.created + timeout
}

// references returns how many references s has.
func (m *modelCache) references(s *modelSession) int {
	if m.entry(s) != nil {
		return s.held + 1
	}
	return s.held
}

// entry returns the entry of s itself, nil if s is not in the cache.
func (m *modelCache) entry(s *modelSession) *modelEntry {
	if e := m.entries[s.id]; e != nil && e.modelSession == s {
		return e
	}
	return nil
}

func (m *modelCache) tell(format string, args ...any) {
	m.told = append(m.told, fmt.Sprintf(format, args...))
}

// add is SSL_CTX_add_session.
func (m *modelCache) add(s *modelSession) bool {
	if s == nil || m.closed {
		return false
	}
	refresh := m.mode.has(UpdateTime)
	if refresh && m.references(s) > 0 {
		s.created = m.now
	}
	expiry, e := s.expiry(m.timeout), m.entries[s.id]
	switch {
	case e != nil && e.modelSession == s:
		m.stats.Identical++
		if refresh && e.expiry != expiry {
			m.schedule(e, expiry)
		}
		return false
	case m.references(s) == 0:
		return false
	case e != nil:
		m.unlink(e)
		m.stats.Replaced++
	case m.capacity != Unlimited && len(m.entries) == m.capacity:
		m.evict(m.victim(m.now))
	}
	m.link(s, expiry)
	m.sweep(m.mode)
	return true
}

func (m *modelCache) link(s *modelSession, expiry int64) {
	e := &modelEntry{modelSession: s}
	m.schedule(e, expiry)
	m.entries[s.id] = e
	m.stats.Added++
	m.stats.Bytes += uint64(s.StateLength())
}

func (m *modelCache) unlink(e *modelEntry) {
	delete(m.entries, e.id)
	m.stats.Bytes -= uint64(e.StateLength())
}

// schedule makes e the youngest of those with that expiry.
func (m *modelCache) schedule(e *modelEntry, expiry int64) {
	m.stamps++
	e.expiry, e.stamp = expiry, m.stamps
}

// sweep notes that expired sessions may have been removed. Which ones is not
// promised; see the test's learnSwept.
func (m *modelCache) sweep(mode Mode) { m.swept = m.swept || !mode.has(NoAutoClear) }

// earliest returns the entry that expires first, of equal ones that which was
// added first, of those that are wanted; nil if none is.
func (m *modelCache) earliest(wanted func(*modelEntry) bool) (first *modelEntry) {
	for _, e := range m.entries {
		if wanted(e) && (first == nil || e.expiry < first.expiry || e.expiry == first.expiry && e.stamp < first.stamp) {
			first = e
		}
	}
	return first
}

func anyModelEntry(*modelEntry) bool { return true }

// victim returns what is evicted: what is expired; else, while sessions on
// probation have more than their share, the earliest of those; else the
// earliest of all.
func (m *modelCache) victim(now int64) *modelEntry {
	onProbation := 0
	for _, e := range m.entries {
		if !e.promoted {
			onProbation++
		}
	}
	first := m.earliest(anyModelEntry)
	if now <= first.expiry && onProbation*100 > m.probation*len(m.entries) {
		return m.earliest(func(e *modelEntry) bool { return !e.promoted })
	}
	return first
}

func (m *modelCache) evict(e *modelEntry) {
	m.stats.CacheFull++
	if m.now <= e.expiry {
		m.stats.EvictedBeforeExpiry++
		m.stats.EvictionAge[histogramBucket(m.now-e.created)]++
	}
	m.drop(e, ReasonEvicted)
}

// drop takes out a session other than by replacement.
func (m *modelCache) drop(e *modelEntry, why Reason) {
	m.unlink(e)
	e.unusable = true
	if m.callbacks.remove {
		m.tell("Remove of #%d, %v", e.number, why)
		m.mayPanic()
	}
}

// mayPanic counts the panic of the callback that was just told something.
func (m *modelCache) mayPanic() {
	if m.callbacks.panics {
		m.stats.CallbackPanics++
	}
}

// get is Get; the caller gets a reference.
func (m *modelCache) get(id int, scope Scope) *modelSession {
	e := m.lookup(id, scope)
	if e == nil {
		return nil
	}
	e.held++
	return e.modelSession
}

// lookup is get without the reference.
func (m *modelCache) lookup(id int, scope Scope) *modelEntry {
	e := m.entries[id]
	switch {
	case e == nil:
		m.stats.Misses++
	case e.scope != scope:
		m.stats.ScopeMismatches++
	case m.now > e.expiry:
		m.stats.Timeouts++
		m.expire(e)
	default:
		m.stats.Hits++
		return e
	}
	return nil
}

func (m *modelCache) expire(e *modelEntry) {
	m.stats.Expired++
	m.drop(e, ReasonExpired)
}

// take is Take; the cache's reference passes to the caller.
func (m *modelCache) take(id int, scope Scope) *modelSession {
	e := m.lookup(id, scope)
	if e == nil {
		return nil
	}
	m.store.delete(m, id)
	m.stats.Taken++
	e.held++
	m.drop(e, ReasonRemoved)
	return e.modelSession
}

// remove is Remove.
func (m *modelCache) remove(s *modelSession) bool {
	if s == nil {
		return false
	}
	m.store.delete(m, s.id)
	return m.removeEntry(m.entry(s))
}

// removeID is RemoveID, valid says whether the id is one.
func (m *modelCache) removeID(id int, valid bool) bool {
	if !valid {
		return false
	}
	m.store.delete(m, id)
	return m.removeEntry(m.entries[id])
}

func (m *modelCache) removeEntry(e *modelEntry) bool {
	if e == nil {
		return false
	}
	m.stats.Removed++
	m.drop(e, ReasonRemoved)
	return true
}

// reschedule is Reschedule.
func (m *modelCache) reschedule(s *modelSession) bool {
	e := m.entry(s)
	if e != nil {
		m.schedule(e, s.expiry(m.timeout))
	}
	return e != nil
}

// removeAll removes the wanted sessions, the earliest first.
func (m *modelCache) removeAll(wanted func(*modelEntry) bool, why Reason) (n int) {
	for e := m.earliest(wanted); e != nil; e = m.earliest(wanted) {
		m.drop(e, why)
		n++
	}
	return n
}

// flush is Flush, and Clear where everything is wanted.
func (m *modelCache) flush(wanted func(*modelEntry) bool) int {
	n := m.removeAll(wanted, ReasonFlushed)
	m.stats.Flushed += uint64(n)
	return n
}

func (m *modelCache) close() {
	m.closed = true
	m.stats.Closed += uint64(m.removeAll(anyModelEntry, ReasonClosed))
}

// setCapacity is SetCapacity. What has expired is nothing special to it.
func (m *modelCache) setCapacity(n int) bool {
	if n < 0 || n > MaxCapacity {
		return false
	}
	m.capacity = n
	for n != Unlimited && len(m.entries) > n {
		m.evict(m.victim(math.MinInt64))
	}
	return true
}
