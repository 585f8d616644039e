package lincheck

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/reprise-tls/reprise/shards"
)

// Faults, each of which a table made of a correct one has. All of them open a
// gap between two steps that should be one; the goroutine gives way in it, so
// that even one processor shows the fault.

// takesInTwoSteps looks up and then removes, whoever was first.
type takesInTwoSteps struct{ target }

func (f takesInTwoSteps) Take(id []byte, scope shards.Scope, now int64) (*shards.Session, shards.Result) {
	s, r := f.Lookup(id, scope, now)
	if r == shards.Hit {
		runtime.Gosched()
		f.Remove(s)
	}
	return s, r
}

// removesWhatItSaw says that it removed what it saw, whoever was first.
type removesWhatItSaw struct{ target }

func (f removesWhatItSaw) RemoveID(id []byte) bool {
	if !f.Contains(id) {
		return false
	}
	runtime.Gosched()
	f.target.RemoveID(id)
	return true
}

// replacesInTwoSteps removes the session that was there, and then adds.
type replacesInTwoSteps struct{ target }

func (f replacesInTwoSteps) Add(s *shards.Session, expiry, now int64, refresh bool) shards.Outcome {
	o := f.target.Add(s, expiry, now, refresh)
	if o == shards.Replaced {
		f.Remove(s)
		runtime.Gosched()
		f.target.Add(s, expiry, now, refresh)
	}
	return o
}

// removesItsNamesake removes whatever has the id of the session.
type removesItsNamesake struct{ target }

func (f removesItsNamesake) Remove(s *shards.Session) bool { return f.target.RemoveID(s.ID()) }

// addsTwice takes an identical session for a new one.
type addsTwice struct{ target }

func (f addsTwice) Add(s *shards.Session, expiry, now int64, refresh bool) shards.Outcome {
	o := f.target.Add(s, expiry, now, refresh)
	if o == shards.Identical {
		return shards.Added
	}
	return o
}

// bringsBack undoes a removal.
type bringsBack struct{ target }

func (f bringsBack) Remove(s *shards.Session) bool {
	done := f.target.Remove(s)
	if done {
		f.Add(s, shards.Never, 0, false)
	}
	return done
}

// forgetsExpiry finds sessions whose time is over.
type forgetsExpiry struct{ target }

func (f forgetsExpiry) Lookup(id []byte, scope shards.Scope, _ int64) (*shards.Session, shards.Result) {
	return f.target.Lookup(id, scope, 0)
}

// expiresTheRefreshed removes a session that it saw expired, also if it was
// made fresh meanwhile.
type expiresTheRefreshed struct{ target }

func (f expiresTheRefreshed) Lookup(id []byte, scope shards.Scope, now int64) (*shards.Session, shards.Result) {
	s, r := f.target.Lookup(id, scope, 0)
	if r != shards.Hit {
		return s, r
	}
	for x, expiry := range f.All() {
		if x == s && now > expiry {
			runtime.Gosched()
			f.Remove(s)
			s.Release()
			return nil, shards.Expired
		}
	}
	return s, r
}

// ignoresScopes finds sessions under any scope.
type ignoresScopes struct{ target }

func (f ignoresScopes) Lookup(id []byte, scope shards.Scope, now int64) (*shards.Session, shards.Result) {
	s, r := f.target.Lookup(id, scope, now)
	if r == shards.OtherScope {
		return f.target.Lookup(id, otherScope(scope), now)
	}
	return s, r
}

func otherScope(s shards.Scope) shards.Scope {
	if s == scopes[0] {
		return scopes[1]
	}
	return scopes[0]
}

// clearsNothing leaves everything where it is.
type clearsNothing struct{ target }

func (f clearsNothing) Clear() int { return 0 }

// staysOpen removes what it has when it is closed, and goes on.
type staysOpen struct{ target }

func (f staysOpen) Close() { f.Clear() }

// TestFaultsAreFound shows that the checks are not empty, from the recording
// to the model: each fault is found in a few batches.
func TestFaultsAreFound(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	byName := map[string]*config{}
	for _, c := range configs() {
		byName[c.name] = c
	}
	for _, f := range []struct {
		fault  string
		config string
		wrap   func(target) target
	}{
		{"take in two steps", "lockfree/map", func(t target) target { return takesInTwoSteps{t} }},
		{"take in two steps, with eviction", "lockfree/evict", func(t target) target { return takesInTwoSteps{t} }},
		{"take in two steps", "xsync/map", func(t target) target { return takesInTwoSteps{t} }},
		{"removal of what was seen", "lockfree/map", func(t target) target { return removesWhatItSaw{t} }},
		{"replacement in two steps", "lockfree/replace", func(t target) target { return replacesInTwoSteps{t} }},
		{"removal by id", "lockfree/map", func(t target) target { return removesItsNamesake{t} }},
		{"removal by id, with eviction", "lockfree/evict", func(t target) target { return removesItsNamesake{t} }},
		{"identical is new", "lockfree/map", func(t target) target { return addsTwice{t} }},
		{"resurrection", "lockfree/map", func(t target) target { return bringsBack{t} }},
		{"resurrection, with eviction", "lockfree/evict", func(t target) target { return bringsBack{t} }},
		{"no expiry", "lockfree/expiry", func(t target) target { return forgetsExpiry{t} }},
		{"expiry of a refreshed session", "lockfree/expiry", func(t target) target { return expiresTheRefreshed{t} }},
		{"scopes ignored", "lockfree/map", func(t target) target { return ignoresScopes{t} }},
		{"Clear does nothing", "lockfree/walk", func(t target) target { return clearsNothing{t} }},
		{"Close lets adds through", "lockfree/close", func(t target) target { return staysOpen{t} }},
		{"one place too many", "lockfree/bound", func(t target) target { t.SetCapacity(4); return t }},
		{"take in two steps", "engine/lockfree/callbacks", func(t target) target { return takesInTwoSteps{t} }},
	} {
		t.Run(f.fault+" in "+f.config, func(t *testing.T) {
			c := *byName[f.config]
			c.wrap = f.wrap
			if !isFound(t, &c) {
				t.Error("not found")
			}
		})
	}
}

// isFound runs batches until a model refuses a history.
func isFound(t *testing.T, c *config) bool {
	t.Helper()
	const batches = 100
	for number := range batches {
		list, err := c.runBatch(1, number)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range checkAll(list) {
			if len(v.violations) > 0 {
				drawn(t, v.violations[0])
				return true
			}
		}
	}
	return false
}

// drawn checks that the violation can be described and drawn.
func drawn(t *testing.T, x violation) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "pictures")
	text, err := x.report(folder, "history")
	if err != nil {
		t.Fatal(err)
	}
	picture, err := os.ReadFile(filepath.Join(folder, "history.html"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(picture), "<html") || !strings.Contains(text, "goroutine") {
		t.Errorf("the picture has %d bytes, the description is %q", len(picture), text)
	}
}
