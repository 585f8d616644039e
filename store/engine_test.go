package store

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/seal"
	"github.com/reprise-tls/reprise/store/storetest"
)

const now = 1_000_000 // what the clocks of caches show

func newCache(t testing.TB, s engine.Store) *engine.Cache {
	t.Helper()
	g := engine.Defaults()
	g.Scope = []byte("a server")
	g.Store = s
	g.StoreDeadline = 30 * time.Second
	g.Clock = func() int64 { return now }
	c, err := engine.New(g)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// issue makes a session and stores it as a handshake does.
func issue(t testing.TB, c *engine.Cache, id []byte) {
	t.Helper()
	s, err := c.NewSession(id, append([]byte("state of "), id...))
	if err != nil {
		t.Fatal(err)
	}
	c.Issued(context.Background(), engine.RoleServer, s)
	s.Release()
}

func resumes(t testing.TB, c *engine.Cache, id []byte) bool {
	t.Helper()
	s, ok := c.Resume(context.Background(), id, c.Scope())
	if !ok {
		return false
	}
	if !bytes.Equal(s.AppendState(nil), append([]byte("state of "), id...)) {
		t.Error("another state was resumed")
	}
	s.Release()
	return true
}

// A session of one node resumes at another, and not after it was removed.
func TestTwoNodes(t *testing.T) {
	m := new(storetest.Memory)
	stack := func() *Stack {
		s := newStack(t, m.Client(), nil)
		t.Cleanup(func() { closeQueue(t, s) })
		return s
	}
	sa, sb := stack(), stack()
	a, b, c := newCache(t, sa), newCache(t, sb), newCache(t, sb)
	id := randomBytes(32)
	issue(t, a, id)
	closeQueue(t, sa)
	equal(t, "resumes at b", resumes(t, b, id), true)
	b.RemoveID(id)
	equal(t, "resumes at b after RemoveID", resumes(t, b, id), false)
	equal(t, "resumes at c", resumes(t, c, id), false)
	equal(t, "c's StoreMisses", c.Stats().StoreMisses, 1)
}

// A store that lies costs a full handshake. All of it goes through Resume.
func TestAStoreThatLies(t *testing.T) {
	m := new(storetest.Memory)
	writer := newStack(t, m.Client(), nil)
	a := newCache(t, writer)
	id, other := randomBytes(32), randomBytes(32)
	issue(t, a, id)
	issue(t, a, other)
	closeQueue(t, writer)

	// Sealed by others: with a key that was retired, for another fleet, for
	// another purpose, and by a node with the key whose session is another's.
	stored := func(change func(*SealOptions), under, inside []byte) []byte {
		o := sealOptions(t)
		change(&o)
		memory := new(storetest.Memory)
		s := newSealed(t, memory.Client(), o)
		session, err := a.NewSession(inside, []byte("state"))
		if err != nil {
			t.Fatal(err)
		}
		defer session.Release()
		if err := s.Set(context.Background(), under, engine.AppendSession(nil, session, 7200), time.Hour); err != nil {
			t.Fatal(err)
		}
		for _, v := range memory.Values() {
			return v
		}
		return nil
	}
	purpose, err := newRing(t, 1).Seal(nil, []byte("a cache"), seal.AssociatedData{Purpose: "handover", Scope: []byte("a fleet"), ID: id})
	if err != nil {
		t.Fatal(err)
	}
	name := newSealed(t, m.Client(), sealOptions(t)).name
	rejected := func(of func(SealedStats) uint64) func(engine.Stats, Stats) uint64 {
		return func(e engine.Stats, s Stats) uint64 { return min(of(s.Sealed), e.StoreErrors) }
	}
	notAuthentic := rejected(func(s SealedStats) uint64 { return s.NotAuthentic })
	malformed := rejected(func(s SealedStats) uint64 { return s.Malformed })
	unknownKey := rejected(func(s SealedStats) uint64 { return s.UnknownKey })

	for what, test := range map[string]struct {
		answer func(value []byte) ([]byte, error)
		count  func(engine.Stats, Stats) uint64
	}{
		"another id's value": {func([]byte) ([]byte, error) { return m.Values()[string(name(other))], nil }, notAuthentic},
		"cut":                {func(v []byte) ([]byte, error) { return v[:len(v)/2], nil }, notAuthentic},
		"cut to nothing":     {func([]byte) ([]byte, error) { return nil, nil }, malformed},
		"a changed bit":      {func(v []byte) ([]byte, error) { v[len(v)/2] ^= 4; return v, nil }, notAuthentic},
		"a session in clear": {func([]byte) ([]byte, error) { return clearSession(t, a, id), nil }, unknownKey},
		"a stale key": {func([]byte) ([]byte, error) {
			return stored(func(o *SealOptions) { o.Ring = newRing(t, 9) }, id, id), nil
		}, unknownKey},
		"another fleet's":     {func([]byte) ([]byte, error) { return stored(func(o *SealOptions) { o.Scope = nil }, id, id), nil }, notAuthentic},
		"for another purpose": {func([]byte) ([]byte, error) { return purpose, nil }, notAuthentic},
		"another session inside": {func([]byte) ([]byte, error) { return stored(func(*SealOptions) {}, id, other), nil },
			func(e engine.Stats, _ Stats) uint64 { return e.ExternalRejected }},
		"down": {func([]byte) ([]byte, error) { return nil, errDown },
			func(e engine.Stats, _ Stats) uint64 { return e.StoreErrors }},
		"nothing": {func([]byte) ([]byte, error) { return nil, engine.ErrNotFound },
			func(e engine.Stats, _ Stats) uint64 { return e.StoreMisses }},
	} {
		liar := m.Client()
		liar.Alter = func(_, value []byte) ([]byte, error) { return test.answer(value) }
		s := newStack(t, liar, nil)
		c := newCache(t, s)
		for range 3 {
			equal(t, what+": resumes", resumes(t, c, id), false)
		}
		equal(t, what+": counted", test.count(c.Stats(), s.Stats()), 3)
		equal(t, what+": in the table", c.Len(), 0)
		liar.Alter = nil
		equal(t, what+": resumes once the store is honest", resumes(t, c, id), true)
		closeQueue(t, s)
	}
}

func clearSession(t *testing.T, c *engine.Cache, id []byte) []byte {
	t.Helper()
	s, err := c.NewSession(id, []byte("state"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Release()
	return engine.AppendSession(nil, s, 7200)
}

// While a store hangs a lookup takes as long as its deadline, then, with the
// breaker open, no time at all; when the store is back the breaker closes.
func TestAnOutageSeenFromTheEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(storetest.Memory)
		hangs := true
		c := m.Client()
		c.Before = func(ctx context.Context, _ string, _ []byte) error {
			if !hangs {
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		}
		s := newStack(t, c, func(o *Options) { o.Deadline = DeadlineOptions{} })
		cache := newCache(t, s)
		for n := range 100 {
			begin := time.Now()
			equal(t, "resumes", resumes(t, cache, randomBytes(32)), false)
			want := DefaultDeadline
			if n >= DefaultBreakerFailures {
				want = 0
			}
			equal(t, "a lookup took", time.Since(begin), want)
		}
		stats := s.Stats()
		equal(t, "the breaker", stats.Breaker.State, "open")
		equal(t, "Exceeded", stats.Deadline.Exceeded, DefaultBreakerFailures)
		equal(t, "Rejected", stats.Breaker.Rejected, 100-DefaultBreakerFailures)
		equal(t, "StoreErrors", cache.Stats().StoreErrors, 100)
		granted, err := s.Claim(context.Background(), []byte("id"), time.Minute)
		wantError(t, "Claim", err, ErrOpen)
		equal(t, "granted", granted, false)

		hangs = false
		time.Sleep(DefaultBreakerOpen + 1)
		id := randomBytes(32)
		issue(t, cache, id)
		synctest.Wait()
		equal(t, "the breaker", s.Stats().Breaker.State, "closed")
		other := newCache(t, s)
		equal(t, "resumes", resumes(t, other, id), true)
		closeQueue(t, s)
	})
}

// Errors of the store come through all decorators.
func TestErrorsAreLossless(t *testing.T) {
	special := errors.New("special")
	s := newStack(t, failing(new(storetest.Memory), func(string) error { return special }), func(o *Options) { o.Breaker.Failures = 100 })
	defer closeQueue(t, s)
	ctx := context.Background()
	_, err := s.Get(ctx, []byte("id"))
	wantError(t, "Get", err, special)
	_, err = s.Claim(ctx, []byte("id"), time.Minute)
	wantError(t, "Claim", err, special)
	wantError(t, "Unclaim", s.Unclaim(ctx, []byte("id")), special)
	wantError(t, "Delete", s.Delete(ctx, []byte("id")), special)
}
