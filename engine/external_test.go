package engine

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestResumeInHalves(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f, store := newStoreFixture(t, kind, nil)
		other, err := NewScope([]byte("other"))
		if err != nil {
			t.Fatal(err)
		}
		inside, outside, gone := f.session(1), f.session(2), f.sessionWith(3, SessionOptions{Scope: f.Scope(), Created: startTime - 100, Timeout: 10})
		f.Add(inside)
		f.Add(gone)
		store.put(2, outside)
		store.values[string(testID(4))] = []byte("no session")

		expect := func(what string, s *Session, got, want LookupResult) {
			t.Helper()
			if got != want || (s != nil) != (want == Found) {
				t.Errorf("%s: %v with session %v, want %v", what, got, s != nil, want)
			}
			if s != nil {
				s.Release()
			}
		}
		internal := func(what string, n int, scope Scope, want LookupResult) {
			t.Helper()
			s, r := f.ResumeInternal(testID(n), scope)
			expect(what, s, r, want)
		}
		external := func(what string, n int, scope Scope, want LookupResult) {
			t.Helper()
			s, r := f.ResumeExternal(context.Background(), testID(n), scope)
			expect(what, s, r, want)
		}
		internal("in the table", 1, f.Scope(), Found)
		internal("in the table under another scope", 1, other, OtherScope)
		internal("expired in the table", 3, f.Scope(), Expired)
		internal("in the store only", 2, f.Scope(), Missed)
		if calls := store.called(); calls != "" {
			t.Errorf("the store was asked: %s", calls)
		}
		external("in the store under another scope", 2, other, OtherScope)
		external("no session in the store", 4, f.Scope(), Rejected)
		external("nowhere", 5, f.Scope(), Missed)
		external("in the store", 2, f.Scope(), Found)
		internal("kept from the store", 2, f.Scope(), Found)
		f.SetMode(f.Mode() | NoInternalLookup)
		internal("not looked for", 1, f.Scope(), Missed)
	})
}

func TestLookupResultsAreWords(t *testing.T) {
	seen := map[string]bool{}
	for r := Found; r <= Rejected; r++ {
		if w := r.String(); w == "" || seen[w] {
			t.Errorf("result %d is %q", r, w)
		}
		seen[r.String()] = true
	}
}

func TestIssuedReportsWhetherTheSessionWasTaken(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f, store := newStoreFixture(t, kind, nil)
		ctx := context.Background()
		if !f.Issued(ctx, RoleServer, f.session(1)) {
			t.Error("false although the table and the store took it")
		}
		if f.Issued(ctx, RoleClient, f.session(2)) {
			t.Error("true for a role that the mode does not keep")
		}
		f.SetMode(Server | NoInternalStore)
		if !f.Issued(ctx, RoleServer, f.session(3)) {
			t.Error("false although the store took it")
		}
		store.before = func(context.Context, string) error { return errors.New("down") }
		if f.Issued(ctx, RoleServer, f.session(4)) {
			t.Error("true although nobody took it")
		}
		f.SetMode(Server)
		if !f.Issued(ctx, RoleServer, f.session(5)) {
			t.Error("false although the table took it")
		}
	})
}

func TestTheStoreDirectly(t *testing.T) {
	f, store := newStoreFixture(t, LockFree, nil)
	ctx := context.Background()
	if !f.HasStore() || f.Now() != startTime {
		t.Errorf("HasStore %v, Now %d", f.HasStore(), f.Now())
	}
	if err := f.StoreSet(ctx, f.session(1)); err != nil {
		t.Error(err)
	}
	if f.Contains(testID(1)) {
		t.Error("StoreSet put the session into the table")
	}
	s, err := f.StoreGet(ctx, testID(1))
	if err != nil || !s.HasID(testID(1)) {
		t.Fatalf("StoreGet: %v", err)
	}
	s.Release()
	if _, err := f.StoreGet(ctx, testID(2)); !errors.Is(err, ErrNotFound) {
		t.Errorf("StoreGet of nothing: %v", err)
	}
	for _, want := range []bool{true, false} {
		if got, err := f.StoreClaim(ctx, testID(1), time.Minute); got != want || err != nil {
			t.Errorf("StoreClaim is %v, %v, want %v", got, err, want)
		}
	}
	if err := f.StoreUnclaim(ctx, testID(1)); err != nil {
		t.Error(err)
	}
	if got, err := f.StoreClaim(ctx, testID(1), time.Minute); !got || err != nil {
		t.Errorf("StoreClaim after StoreUnclaim is %v, %v", got, err)
	}

	errors0 := f.Stats().StoreErrors
	store.before = func(context.Context, string) error { panic("the store") }
	_, claim := f.StoreClaim(ctx, testID(3), time.Minute)
	_, get := f.StoreGet(ctx, testID(1))
	for what, err := range map[string]error{
		"StoreClaim": claim, "StoreGet": get,
		"StoreUnclaim": f.StoreUnclaim(ctx, testID(1)),
		"StoreSet":     f.StoreSet(ctx, f.session(9)),
	} {
		if err == nil {
			t.Errorf("%s succeeds with a store that panics", what)
		}
	}
	if n := f.Stats().StoreErrors - errors0; n != 4 {
		t.Errorf("%d store errors counted, want 4", n)
	}
}

func TestTheStoreDirectlyWithoutOne(t *testing.T) {
	f := newFixture(t, LockFree, nil)
	ctx := context.Background()
	if f.HasStore() {
		t.Error("HasStore without one")
	}
	_, get := f.StoreGet(ctx, testID(1))
	_, claim := f.StoreClaim(ctx, testID(1), time.Minute)
	for what, err := range map[string]error{
		"StoreGet": get, "StoreClaim": claim,
		"StoreSet":     f.StoreSet(ctx, f.session(1)),
		"StoreUnclaim": f.StoreUnclaim(ctx, testID(1)),
	} {
		if !errors.Is(err, ErrNoStore) {
			t.Errorf("%s: %v, want ErrNoStore", what, err)
		}
	}
}
