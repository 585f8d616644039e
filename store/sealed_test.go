package store

import (
	"bytes"
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reprise-tls/reprise/seal"
	"github.com/reprise-tls/reprise/store/storetest"
)

// The store learns neither the session nor its id.
func TestTheStoreLearnsNothing(t *testing.T) {
	m := new(storetest.Memory)
	var seen [][]byte
	c := m.Client()
	c.Before = func(_ context.Context, _ string, id []byte) error {
		seen = append(seen, bytes.Clone(id))
		return nil
	}
	s := newSealed(t, c, sealOptions(t))
	id, value := randomBytes(32), randomBytes(200)
	given := bytes.Clone(value)
	ctx := context.Background()
	if err := s.Set(ctx, id, given, time.Minute); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(given, make([]byte, len(given))) {
		t.Error("the value that Set was given is not zero")
	}
	s.Claim(ctx, id, time.Minute)
	s.Unclaim(ctx, id)
	s.Get(ctx, id)
	s.Delete(ctx, id)
	if len(seen) != 5 {
		t.Fatalf("%d calls", len(seen))
	}
	for _, name := range seen {
		if !bytes.Equal(name, seen[0]) || len(name) != seal.NameSize || bytes.Contains(name, id[:8]) {
			t.Errorf("%d bytes stand for the id", len(name))
		}
	}
	s.Set(ctx, id, bytes.Clone(value), time.Minute)
	for _, v := range m.Values() {
		if bytes.Contains(v, value[:8]) || bytes.Contains(v, id[:8]) {
			t.Error("the store has the value or the id")
		}
	}
}

func TestValuesThatDoNotOpen(t *testing.T) {
	m := new(storetest.Memory)
	c := m.Client()
	o := sealOptions(t)
	s := newSealed(t, c, o)
	ctx := context.Background()
	id, other := randomBytes(32), randomBytes(32)
	for _, id := range [][]byte{id, other} {
		if err := s.Set(ctx, id, []byte("value"), time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	values := m.Values()
	others := values[string(s.name(other))]
	another := sealOptions(t)
	another.Ring = newRing(t, 2)
	foreign := new(storetest.Memory)
	newSealed(t, foreign.Client(), another).Set(ctx, id, []byte("value"), time.Minute)
	another = o
	another.Scope = []byte("another fleet")
	elsewhere := new(storetest.Memory)
	newSealed(t, elsewhere.Client(), another).Set(ctx, id, []byte("value"), time.Minute)
	only := func(m *storetest.Memory) []byte {
		for _, v := range m.Values() {
			return v
		}
		return nil
	}

	for name, test := range map[string]struct {
		alter func(value []byte) []byte
		want  error
		count func(SealedStats) uint64
	}{
		"another id's":    {func([]byte) []byte { return others }, seal.ErrNotAuthentic, func(s SealedStats) uint64 { return s.NotAuthentic }},
		"another scope's": {func([]byte) []byte { return only(elsewhere) }, seal.ErrNotAuthentic, func(s SealedStats) uint64 { return s.NotAuthentic }},
		"changed":         {func(v []byte) []byte { v[len(v)-1] ^= 1; return v }, seal.ErrNotAuthentic, func(s SealedStats) uint64 { return s.NotAuthentic }},
		"cut":             {func(v []byte) []byte { return v[:len(v)-1] }, seal.ErrNotAuthentic, func(s SealedStats) uint64 { return s.NotAuthentic }},
		"another key's":   {func([]byte) []byte { return only(foreign) }, seal.ErrUnknownKey, func(s SealedStats) uint64 { return s.UnknownKey }},
		"empty":           {func([]byte) []byte { return nil }, seal.ErrMalformed, func(s SealedStats) uint64 { return s.Malformed }},
		"in clear":        {func([]byte) []byte { return bytes.Repeat([]byte("clear"), 50) }, seal.ErrMalformed, func(s SealedStats) uint64 { return s.Malformed }},
	} {
		c.Alter = func(_, value []byte) ([]byte, error) { return test.alter(value), nil }
		before := test.count(s.Stats())
		got, err := s.Get(ctx, id)
		wantError(t, name, err, test.want)
		if got != nil {
			t.Errorf("%s: a value beside the error", name)
		}
		equal(t, name+": counted", test.count(s.Stats()), before+1)
	}
	c.Alter = nil
	if got, err := s.Get(ctx, id); err != nil || string(got) != "value" {
		t.Errorf("found %q, error %v", got, err)
	}
}

// Nothing is stored for longer than its key opens it, and everything opens
// until then, while keys change.
func TestValuesDoNotOutliveTheirKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ring, err := seal.NewScheduledRing(seal.Schedule{Secrets: [][]byte{secret}, Period: time.Hour, Overlap: 20 * time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		defer ring.Close()
		m := new(storetest.Memory)
		s := newSealed(t, m.Client(), SealOptions{Ring: ring, NameSecret: secret})
		ctx := context.Background()
		for range 10 {
			id := randomBytes(32)
			if err := s.Set(ctx, id, []byte("value"), 24*time.Hour); err != nil {
				t.Fatal(err)
			}
			time.Sleep(20*time.Minute - 1)
			if got, err := s.Get(ctx, id); err != nil || string(got) != "value" {
				t.Fatalf("found %q, error %v", got, err)
			}
			time.Sleep(time.Nanosecond)
			if n := len(m.Values()); n != 0 {
				t.Fatalf("%d values outlive the overlap", n)
			}
		}
		equal(t, "values of unknown keys", s.Stats().UnknownKey, 0)
	})
}

func TestARingThatIsClosed(t *testing.T) {
	o := sealOptions(t)
	s := newSealed(t, new(storetest.Memory).Client(), o)
	ctx := context.Background()
	id := randomBytes(32)
	s.Set(ctx, id, []byte("value"), time.Minute)
	o.Ring.Close()
	wantError(t, "Set", s.Set(ctx, id, []byte("value"), time.Minute), seal.ErrNoKey)
	_, err := s.Get(ctx, id)
	wantError(t, "Get", err, seal.ErrUnknownKey)
}
