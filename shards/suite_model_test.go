package shards

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// modelled is a table beside a plain list of what should be in it. The list is
// in order of insertion or rescheduling.
type modelled struct {
	*fixture
	random  *rand.Rand
	list    []event // reason unused
	want    []event // what the sink should have got
	closed  bool
	exact   bool // victims can be foretold
	lastNow int64
}

const (
	modelIDs   = 20 // fewer than a chain holds, so that any hash will do
	modelSteps = 3000
)

// Random operations, one after the other, must leave the table as they leave
// the list, and tell the sink the same.
func TestAgainstAModel(t *testing.T) {
	for _, capacity := range []int{Unlimited, 1, 2, 7, 64} {
		for seed := range uint64(2) {
			t.Run(fmt.Sprintf("capacity=%d/seed=%d", capacity, seed), func(t *testing.T) {
				onEach(t, Options{Capacity: capacity, ProbationPercent: 25}, func(t *testing.T, f *fixture) {
					m := &modelled{fixture: f, random: rand.New(rand.NewPCG(seed, uint64(capacity))), exact: oneShard(f.Table)}
					for step := range fewer(modelSteps) {
						m.step(t)
						if m.check(t, step); t.Failed() {
							t.Fatalf("after step %d", step)
						}
					}
				})
			})
		}
	}
}

// step does one operation, the more frequent ones more often.
func (m *modelled) step(t *testing.T) {
	m.lastNow = testNow + int64(m.random.IntN(8))
	switch n := m.random.IntN(100); {
	case n < 35:
		m.stepAdd(t)
	case n < 50:
		m.stepLookup(t)
	case n < 58:
		m.stepTake(t)
	case n < 66:
		m.stepRemove(t)
	case n < 72:
		m.stepRemoveID(t)
	case n < 80:
		m.stepReschedule(t)
	case n < 85:
		m.Promote(m.anySession())
	case n < 90:
		m.Sweep(m.lastNow)
		m.allowSwept(t)
	case n < 94:
		m.stepFlush(t)
	case n < 95:
		m.stepClear(t)
	case n < 96 && m.exact:
		m.stepSetCapacity()
	case n < 97:
		m.stepContains(t)
	}
}

func (m *modelled) anyExpiry() int64 { return testNow + int64(m.random.IntN(10)) - 1 }

// anySession returns a new session or one that was made lately.
func (m *modelled) anySession() *Session {
	if n := len(m.made); n > 0 && m.random.IntN(2) == 0 {
		return m.made[max(0, n-1-m.random.IntN(3*modelIDs))]
	}
	var scope Scope
	if m.random.IntN(4) == 0 {
		scope, _ = NewScope([]byte("other"))
	}
	return m.session(m.random.IntN(modelIDs), SessionOptions{Scope: scope, Promoted: m.random.IntN(4) == 0})
}

// index returns where the session with the id of s is in the list, or -1.
func (m *modelled) index(s *Session) int {
	return slices.IndexFunc(m.list, func(e event) bool { return e.session.sameID(s) })
}

func (m *modelled) drop(i int, reason Reason) {
	e := m.list[i]
	e.reason = reason
	m.want = append(m.want, e)
	m.list = slices.Delete(m.list, i, i+1)
}

func (m *modelled) stepAdd(t *testing.T) {
	s, expiry, refresh := m.anySession(), m.anyExpiry(), m.random.IntN(2) == 0
	i := m.index(s)
	want := Added
	switch {
	case i >= 0 && m.list[i].session == s:
		want = Identical
		if refresh && m.list[i].expiry != expiry {
			m.moveToEnd(i, expiry)
		}
	case i >= 0:
		want = Replaced
		m.drop(i, ReasonReplaced)
		m.list = append(m.list, event{session: s, expiry: expiry})
	default:
		if c := m.Capacity(); c != Unlimited && len(m.list) == c {
			m.drop(m.victim(m.lastNow), ReasonEvicted)
		}
		m.list = append(m.list, event{session: s, expiry: expiry})
	}
	wantOutcome(t, m.Add(s, expiry, m.lastNow, refresh), want)
}

func (m *modelled) moveToEnd(i int, expiry int64) {
	e := m.list[i]
	e.expiry = expiry
	m.list = append(slices.Delete(m.list, i, i+1), e)
}

// victim returns which session is evicted next.
func (m *modelled) victim(now int64) int {
	all, probation, onProbation := -1, -1, 0
	for i, e := range m.list {
		if all < 0 || e.expiry < m.list[all].expiry {
			all = i
		}
		if e.session.Promoted() {
			continue
		}
		if onProbation++; probation < 0 || e.expiry < m.list[probation].expiry {
			probation = i
		}
	}
	if now <= m.list[all].expiry && onProbation*100 > m.options.ProbationPercent*len(m.list) {
		return probation
	}
	return all
}

// wantResult returns what a lookup of s finds, and takes out of the list what
// it finds expired.
func (m *modelled) wantResult(s *Session) (int, Result) {
	i := m.index(s)
	switch {
	case i < 0:
		return i, Miss
	case m.list[i].session.Scope() != s.Scope():
		return i, OtherScope
	case m.lastNow > m.list[i].expiry:
		m.drop(i, ReasonExpired)
		return -1, Expired
	}
	return i, Hit
}

func (m *modelled) stepLookup(t *testing.T) {
	s := m.anySession()
	i, want := m.wantResult(s)
	found, got := m.Lookup(s.ID(), s.Scope(), m.lastNow)
	m.wantSame(t, "Lookup", found, got, i, want)
}

func (m *modelled) stepTake(t *testing.T) {
	s := m.anySession()
	i, want := m.wantResult(s)
	found, got := m.Take(s.ID(), s.Scope(), m.lastNow)
	m.wantSame(t, "Take", found, got, i, want)
	if want == Hit {
		m.list = slices.Delete(m.list, i, i+1)
	}
}

// wantSame compares what a lookup found, and releases it.
func (m *modelled) wantSame(t *testing.T, operation string, found *Session, got Result, i int, want Result) {
	t.Helper()
	if got != want || (found != nil) != (got == Hit) {
		t.Errorf("%s says %v, want %v", operation, got, want)
		return
	}
	if found == nil {
		return
	}
	if found != m.list[i].session {
		t.Errorf("%s found another session", operation)
	}
	found.Release()
}

func (m *modelled) stepRemove(t *testing.T) {
	s := m.anySession()
	i := m.index(s)
	want := i >= 0 && m.list[i].session == s
	if want {
		m.drop(i, ReasonRemoved)
	}
	if got := m.Remove(s); got != want {
		t.Errorf("Remove says %v, want %v", got, want)
	}
}

func (m *modelled) stepRemoveID(t *testing.T) {
	s := m.anySession()
	i := m.index(s)
	if i >= 0 {
		m.drop(i, ReasonRemoved)
	}
	if got := m.RemoveID(s.ID()); got != (i >= 0) {
		t.Errorf("RemoveID says %v, want %v", got, i >= 0)
	}
}

func (m *modelled) stepReschedule(t *testing.T) {
	s, expiry := m.anySession(), m.anyExpiry()
	i := m.index(s)
	want := i >= 0 && m.list[i].session == s
	if want {
		m.moveToEnd(i, expiry)
	}
	if got := m.Reschedule(s, expiry); got != want {
		t.Errorf("Reschedule says %v, want %v", got, want)
	}
}

func (m *modelled) stepContains(t *testing.T) {
	s := m.anySession()
	if got := m.Contains(s.ID()); got != (m.index(s) >= 0) {
		t.Errorf("Contains says %v, want %v", got, !got)
	}
}
