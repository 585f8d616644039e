package workload

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"testing"

	"github.com/reprise-tls/reprise/shards"
)

func testSpec(kind Kind) Spec {
	return Spec{Kind: kind, Sessions: 10_000, Mix: DefaultMix, Objects: DefaultObjects, Flood: DefaultFlood, States: DefaultStateMix, Seed: 1}
}

func withZipf(t *testing.T, s Spec) Spec {
	t.Helper()
	law, err := Zipf(0.99)
	if err != nil {
		t.Fatal(err)
	}
	s.Keys = law
	return s
}

func digest(streams []*Stream, n int) string {
	h := sha256.New()
	for _, s := range streams {
		for left := n; left > 0; {
			operations := s.next(min(left, BlockLength))
			left -= len(operations)
			if err := binary.Write(h, binary.LittleEndian, operations); err != nil {
				panic(err)
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// The same seed gives the same operations on any machine and in any later
// version: committed results would mean something else otherwise.
func TestStreamsAreWhatTheyWere(t *testing.T) {
	zipf := withZipf(t, testSpec(Mixed))
	scan := withZipf(t, testSpec(Scan))
	disjoint := testSpec(Churn)
	disjoint.Disjoint = true
	other := testSpec(Churn)
	other.Seed = 2
	for _, c := range []struct {
		name string
		spec Spec
		want string
	}{
		{"churn", testSpec(Churn), "7418508e80920e04"},
		{"churn with another seed", other, "b8fa8d487bdf5036"},
		{"churn on disjoint keys", disjoint, "445ed2da26828621"},
		{"add-evict", testSpec(AddEvict), "40aa761994745b43"},
		{"identical", testSpec(Identical), "99094eb5ca6718b0"},
		{"replace", testSpec(Replace), "7c367dc5f03614e3"},
		{"get", testSpec(Get), "b91507f1f659b9f1"},
		{"mixed, zipf", zipf, "f45ac95ec8f11d95"},
		{"expiry-mixed", testSpec(ExpiryMixed), "7418508e80920e04"},
		{"hot", testSpec(Hot), "f8c784aa6b57396e"},
		{"fill", testSpec(Fill), "8f99814c17edb05e"},
		{"scan, zipf", scan, "9243b00937d0c925"},
		{"flush", testSpec(Flush), "93488f3da204fa31"},
	} {
		if got := digest(NewStreams(c.spec, 2), 10_000); got != c.want {
			t.Errorf("%s: digest of the first 10000 operations of 2 goroutines is %s, want %s", c.name, got, c.want)
		}
	}
	var id [shards.MaxIDLength]byte
	NewIDs(1).Put(&id, 12345)
	if got, want := hex.EncodeToString(id[:8]), "36a00acf5d3f1efb"; got != want {
		t.Errorf("id 12345 of seed 1 begins with %s, want %s", got, want)
	}
}

func TestIDsDiffer(t *testing.T) {
	const n = 200_000
	ids := NewIDs(1)
	words := make([][]uint64, 4)
	var id [shards.MaxIDLength]byte
	for k := range uint64(n) {
		ids.Put(&id, k)
		for w := range words {
			words[w] = append(words[w], binary.LittleEndian.Uint64(id[8*w:]))
		}
	}
	for w := range words {
		slices.Sort(words[w])
		if len(slices.Compact(words[w])) != n {
			t.Errorf("two of %d ids have the same word %d", n, w)
		}
	}
}

func TestStreamOfOneGoroutineDoesNotDependOnOthers(t *testing.T) {
	for _, kind := range []Kind{Churn, Replace, Mixed} {
		alone := digest(NewStreams(testSpec(kind), 1), 5_000)
		beside := digest(NewStreams(testSpec(kind), 3)[:1], 5_000)
		if alone != beside {
			t.Errorf("%s: goroutine 0 plays something else beside others", kind)
		}
	}
}

func TestStreamsComeRoundAgain(t *testing.T) {
	s := NewStreams(testSpec(Churn), 1)[0]
	var first, second []Operation
	n := len(s.operations)
	for len(first) < n {
		first = append(first, s.next(100)...)
	}
	for len(second) < n {
		second = append(second, s.next(77)...)
	}
	if !slices.Equal(first[:n], second[:n]) {
		t.Error("the second round differs from the first")
	}
}

func TestStreamCoversItsKeys(t *testing.T) {
	spec := testSpec(Churn)
	seen := make(map[Operation]bool)
	for _, o := range NewStreams(spec, 1)[0].operations {
		seen[o&keyMask] = true
	}
	if len(seen) < spec.Sessions*97/100 {
		t.Errorf("the stream concerns %d of %d sessions", len(seen), spec.Sessions)
	}
}

func TestDisjointStreams(t *testing.T) {
	spec := testSpec(Churn)
	spec.Sessions, spec.Disjoint = 1_001, true
	for i, s := range NewStreams(spec, 3) {
		seen := make(map[Operation]bool)
		for _, o := range s.operations {
			if k := int(o & keyMask); k%3 != i || k >= spec.Sessions {
				t.Fatalf("goroutine %d of 3 uses key %d", i, k)
			}
			seen[o] = true
		}
		if want := (1_001 - i + 2) / 3; len(seen) != want {
			t.Errorf("goroutine %d uses %d keys, want %d", i, len(seen), want)
		}
	}
}

func TestReplaceAlternates(t *testing.T) {
	spec := testSpec(Replace)
	spec.Sessions, spec.Objects = 100, 4
	for g, s := range NewStreams(spec, 3) {
		last := make(map[int]int)
		for i := range spec.Sessions {
			last[i] = 0 // object 0 is linked at the beginning
		}
		for n, o := range slices.Concat(s.operations, s.operations) {
			id, object := int(o&keyMask)/4, int(o&keyMask)%4
			if pair := object / 2; pair != g%2 {
				t.Fatalf("goroutine %d adds object %d", g, object)
			}
			if last[id] == object {
				t.Fatalf("goroutine %d, operation %d: object %d of id %d for the second time running", g, n, object, id)
			}
			last[id] = object
		}
	}
}

func TestMixIsAsStated(t *testing.T) {
	spec := testSpec(Mixed)
	spec.Mix = Mix{Get: 70, Add: 20, Remove: 10}
	var gets, adds, removes float64
	operations := NewStreams(spec, 1)[0].operations
	for _, o := range operations {
		switch o &^ keyMask {
		case CodeGet:
			gets++
		case CodeAdd:
			adds++
		case CodeRemove:
			removes++
		}
	}
	n := float64(len(operations))
	for _, c := range []struct{ got, want float64 }{{gets / n, 0.7}, {adds / n, 0.2}, {removes / n, 0.1}} {
		if c.got < c.want-0.01 || c.got > c.want+0.01 {
			t.Errorf("shares are %.3f, %.3f, %.3f", gets/n, adds/n, removes/n)
		}
	}
}

// Goroutines on a ring must be given different blocks, in the ring's order, so
// that a session comes up again only after all others.
func TestRingIsShared(t *testing.T) {
	spec := testSpec(AddEvict)
	streams := NewStreams(spec, 2)
	pool := spec.Pool()
	if pool < 3*spec.Sessions {
		t.Fatalf("the ring has %d sessions, want at least %d", pool, 3*spec.Sessions)
	}
	at := (spec.Sessions + BlockLength - 1) / BlockLength * BlockLength
	for turn := range 3 * pool / BlockLength {
		for _, o := range streams[turn%2].next(BlockLength) {
			if o != CodeAdd|Operation(at%pool) {
				t.Fatalf("operation %x, want an add of session %d", o, at%pool)
			}
			at++
		}
	}
}

// A driver that is not a player walks the list by itself.
func TestListOfAStream(t *testing.T) {
	own := NewStreams(testSpec(Churn), 1)[0]
	if _, shared := own.Ring(); shared || !slices.Equal(own.Operations()[:100], own.next(100)) {
		t.Error("a goroutine's own stream does not begin at the beginning of its list")
	}
	ring := NewStreams(testSpec(AddEvict), 2)[1]
	first, shared := ring.Ring()
	if !shared || !slices.Equal(ring.Operations()[first*BlockLength:][:100], ring.next(100)) {
		t.Errorf("a shared ring (%v) does not begin at block %d of its list", shared, first)
	}
	if o := ring.Operations()[7]; o.Code() != CodeAdd || o.Key() != 7 {
		t.Errorf("operation 7 of the ring has code %x and key %d", o.Code(), o.Key())
	}
}

func TestRingInSmallSteps(t *testing.T) {
	streams := NewStreams(testSpec(AddEvict), 2)
	seen := make(map[Operation]bool)
	for turn := range 400 {
		for _, o := range streams[turn%2].next(7) {
			if seen[o] {
				t.Fatalf("session %d comes up twice", o&keyMask)
			}
			seen[o] = true
		}
	}
}
