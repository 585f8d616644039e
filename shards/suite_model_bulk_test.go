package shards

import (
	"cmp"
	"slices"
	"testing"
)

func (m *modelled) stepFlush(t *testing.T) {
	n := 0
	for i := m.nextExpired(); i >= 0; i = m.nextExpired() {
		m.drop(i, ReasonFlushed)
		n++
	}
	if got := m.Flush(m.lastNow); got != n {
		t.Errorf("Flush says %d, want %d", got, n)
	}
}

// nextExpired returns the earliest expired session in the list, or -1.
func (m *modelled) nextExpired() int {
	if len(m.list) == 0 {
		return -1
	}
	i := earliest(m.list)
	if m.lastNow <= m.list[i].expiry {
		return -1
	}
	return i
}

func (m *modelled) stepClear(t *testing.T) {
	n := len(m.list)
	for len(m.list) > 0 {
		m.drop(earliest(m.list), ReasonFlushed)
	}
	if got := m.Clear(); got != n {
		t.Errorf("Clear says %d, want %d", got, n)
	}
}

func (m *modelled) stepSetCapacity() {
	c := 1 + m.random.IntN(modelIDs)
	for len(m.list) > c {
		m.drop(m.victim(-1), ReasonEvicted)
	}
	m.SetCapacity(c)
}

// allowSwept takes out of the list what a sweep has removed, which must have
// been expired.
func (m *modelled) allowSwept(t *testing.T) {
	m.sink.mu.Lock()
	defer m.sink.mu.Unlock()
	for _, e := range m.sink.events[len(m.want):] {
		i := m.index(e.session)
		if i < 0 || m.list[i].session != e.session || m.lastNow <= m.list[i].expiry {
			t.Error("a sweep removed a session that was not expired")
			return
		}
		m.drop(i, ReasonExpired)
	}
}

// check compares the table and what the sink got with the list.
func (m *modelled) check(t *testing.T, step int) {
	t.Helper()
	if n := m.Len(); n != len(m.list) {
		t.Errorf("Len() = %d, want %d", n, len(m.list))
	}
	m.checkEvents(t)
	if step%16 != 0 || !m.exact && step%256 != 0 {
		return // a walk of many shards takes its time
	}
	for s, expiry := range m.All() {
		if i := m.index(s); i < 0 || m.list[i].session != s || m.list[i].expiry != expiry {
			t.Error("a walk yields a session that should not be there, or with a wrong expiry")
		}
	}
	for _, e := range m.list {
		wantReferences(t, e.session, 2)
	}
	checkTable(t, m.Table)
}

// checkEvents compares events one step at a time. Within a step their order
// counts only in a table of one shard.
func (m *modelled) checkEvents(t *testing.T) {
	t.Helper()
	got := m.sink.drain()
	if !m.exact {
		byID := func(a, b event) int { return cmp.Compare(string(a.session.ID()), string(b.session.ID())) }
		slices.SortFunc(got, byID)
		slices.SortFunc(m.want, byID)
	}
	if !slices.Equal(got, m.want) {
		t.Errorf("the sink got %v, want %v", reasons(got), reasons(m.want))
	}
	for _, e := range got {
		if e.reason != ReasonReplaced && e.session.Resumable() {
			t.Errorf("a session that left with reason %v is resumable", e.reason)
		}
	}
	m.want = m.want[:0]
}
