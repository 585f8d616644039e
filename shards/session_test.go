package shards

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"sync"
	"testing"
	"unsafe"
)

// mustSession makes a session that is the test's alone.
func mustSession(t *testing.T, id, state string, o SessionOptions) *Session {
	t.Helper()
	s, err := NewSession([]byte(id), []byte(state), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestNewSession(t *testing.T) {
	scope := mustScope(t, "a scope")
	o := SessionOptions{Scope: scope, Created: 1000, Timeout: 300}
	s := mustSession(t, "an id", "a state", o)
	if string(s.ID()) != "an id" || string(s.AppendState(nil)) != "a state" || s.StateLength() != 7 {
		t.Error("the id or the state is another one")
	}
	if s.Scope() != scope || s.Created() != 1000 || s.Timeout() != 300 {
		t.Errorf("scope %v, created %d, timeout %d", s.Scope() == scope, s.Created(), s.Timeout())
	}
	wantReferences(t, s, 1)
	if !s.Resumable() || s.Promoted() || s.Extra() != nil {
		t.Errorf("a new session is resumable: %v, promoted: %v, has an extra: %v", s.Resumable(), s.Promoted(), s.Extra())
	}
	o.Promoted = true
	if !mustSession(t, "an id", "", o).Promoted() {
		t.Error("a session that was to be promoted is not")
	}
}

func TestNewSessionLimits(t *testing.T) {
	id := make([]byte, 2*MaxIDLength)
	for _, c := range []struct {
		name    string
		id      []byte
		state   int
		timeout int64
		want    error
		says    string
	}{
		{"no id", nil, 0, 0, ErrIDLength, "0 bytes, allowed are 1 to 32"},
		{"empty id", id[:0], 0, 0, ErrIDLength, "0 bytes, allowed are 1 to 32"},
		{"shortest id", id[:1], 0, 0, nil, ""},
		{"longest id", id[:32], 0, 0, nil, ""},
		{"long id", id[:33], 0, 0, ErrIDLength, "33 bytes, allowed are 1 to 32"},
		{"id of 256 and a few bytes", make([]byte, 260), 0, 0, ErrIDLength, "260 bytes"},
		{"no state", id[:8], 0, 0, nil, ""},
		{"longest state", id[:8], MaxStateLength, 0, nil, ""},
		{"long state", id[:8], MaxStateLength + 1, 0, ErrStateLength, "16777216 bytes, allowed are 0 to 16777215"},
		{"negative timeout", id[:8], 0, -1, ErrTimeout, "-1 seconds, allowed are 0 to"},
		{"longest timeout", id[:8], 0, math.MaxInt64, nil, ""},
	} {
		s, err := NewSession(c.id, make([]byte, c.state), SessionOptions{Timeout: c.timeout})
		if !errors.Is(err, c.want) || (s == nil) != (c.want != nil) {
			t.Errorf("%s: error %v, want %v", c.name, err, c.want)
		}
		if err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: the error does not say %q: %v", c.name, c.says, err)
		}
	}
}

// Errors, which end in logs, must not show what they were made from.
func TestErrorsShowNoSecrets(t *testing.T) {
	secret := strings.Repeat("secret", 10)
	_, err := NewSession([]byte(secret), []byte(secret), SessionOptions{})
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("the error is %v", err)
	}
	if _, err := NewScope([]byte(secret)); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("the error is %v", err)
	}
}

// What a session was made from, and what it hands out, are copies.
func TestSessionKeepsCopies(t *testing.T) {
	id, state := []byte("an id"), []byte("a state")
	s, err := NewSession(id, state, SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	clear(id)
	clear(state)
	clear(s.ID())
	clear(s.AppendState(nil))
	if string(s.ID()) != "an id" || string(s.AppendState(nil)) != "a state" {
		t.Error("a session shares memory with its user")
	}
	if got := s.AppendID([]byte("before ")); string(got) != "before an id" {
		t.Errorf("AppendID appends to %q", got)
	}
	if got := s.AppendState([]byte("before ")); string(got) != "before a state" {
		t.Errorf("AppendState appends to %q", got)
	}
}

func TestExpiry(t *testing.T) {
	const max = math.MaxInt64
	for _, c := range []struct{ created, timeout, byDefault, want int64 }{
		{1000, 0, 300, 1300},
		{1000, 7, 300, 1007},
		{0, 0, 0, 0},
		{1000, 0, 0, 1000},
		{1000, 1 << 62, 300, 1000 + 1<<62},
		{1 << 62, 1 << 62, 0, Never},
		{1 << 62, 1<<62 - 1, 0, max},
		{1000, max, 0, Never},
		{1, max - 1, 0, max},
		{0, max, 0, Never},
		{1000, 0, max, Never},
		{max, 1, 0, Never},
		{max, 0, 1, Never},
		{-1000, 300, 0, -700},
		{-1000, max, 0, max - 1000},
		{math.MinInt64, max, 0, -1},
		{math.MinInt64, 0, 0, math.MinInt64},
	} {
		s := mustSession(t, "an id", "", SessionOptions{Created: c.created, Timeout: c.timeout})
		if got := s.Expiry(c.byDefault); got != c.want {
			t.Errorf("created %d, timeout %d, default %d: expiry %d, want %d", c.created, c.timeout, c.byDefault, got, c.want)
		}
	}
}

func TestSetTimes(t *testing.T) {
	s := mustSession(t, "an id", "", SessionOptions{Created: 1000})
	s.SetCreated(2000)
	if err := s.SetTimeout(60); err != nil {
		t.Fatal(err)
	}
	if s.Expiry(DefaultTimeout) != 2060 {
		t.Errorf("expiry %d, want 2060", s.Expiry(DefaultTimeout))
	}
	if err := s.SetTimeout(-1); !errors.Is(err, ErrTimeout) || s.Timeout() != 60 {
		t.Errorf("a negative timeout: error %v, timeout %d", err, s.Timeout())
	}
	if err := s.SetTimeout(0); err != nil || s.Expiry(DefaultTimeout) != 2000+7200 {
		t.Errorf("no timeout: error %v, expiry %d", err, s.Expiry(DefaultTimeout))
	}
}

func TestExtra(t *testing.T) {
	s := mustSession(t, "an id", "", SessionOptions{})
	for _, v := range []any{1, "two", nil, s} {
		s.SetExtra(v)
		if s.Extra() != v {
			t.Errorf("extra %v, want %v", s.Extra(), v)
		}
	}
}

func TestSameID(t *testing.T) {
	a := mustSession(t, "an id", "one", SessionOptions{})
	b := mustSession(t, "an id", "two", SessionOptions{Scope: mustScope(t, "a scope")})
	c := mustSession(t, "an id\x00", "one", SessionOptions{})
	if !a.sameID(b) || !a.sameID(a) || a.sameID(c) {
		t.Error("sameID is wrong")
	}
	if !a.HasID([]byte("an id")) || a.HasID([]byte("an id\x00")) || a.HasID([]byte("an i")) || a.HasID(nil) {
		t.Error("HasID is wrong")
	}
	if a.Hash() != Hash([]byte("an id")) || a.Hash() == c.Hash() {
		t.Error("Hash is not that of the id")
	}
}

// The last release zeroes the state in place, and nothing else.
func TestLastReleaseWipesTheState(t *testing.T) {
	state := "a state that must not stay in memory"
	s := mustSession(t, "an id", state, SessionOptions{Created: 1000})
	view := unsafe.Slice(s.state, s.stateLength)
	s.Acquire()
	s.Release()
	if string(view) != state {
		t.Error("the state was wiped before its last release")
	}
	s.Release()
	if !bytes.Equal(view, make([]byte, len(state))) {
		t.Error("the state was not wiped")
	}
	if string(s.ID()) != "an id" || s.Created() != 1000 {
		t.Error("more than the state was wiped")
	}
	empty := mustSession(t, "an id", "", SessionOptions{})
	empty.Release()
	if n := len(empty.AppendState(nil)); n != 0 {
		t.Errorf("an empty state has %d bytes", n)
	}
}

// A reader with a reference never sees a wiped state, whoever releases last.
func TestStateIsReadableUnderAReference(t *testing.T) {
	const state = "a state"
	for range 2000 {
		s := mustSession(t, "an id", state, SessionOptions{})
		var wg sync.WaitGroup
		for range 3 {
			s.Acquire()
			wg.Go(func() {
				if got := s.AppendState(nil); string(got) != state {
					t.Errorf("the state reads %q", got)
				}
				s.Release()
			})
		}
		s.Release()
		wg.Wait()
		if got := s.AppendState(nil); string(got) != strings.Repeat("\x00", len(state)) {
			t.Errorf("after the last release the state reads %q", got)
		}
	}
}
