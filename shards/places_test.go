package shards

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
)

func newPlaces(capacity int) *places {
	p := new(places)
	p.init(capacity, 2)
	return p
}

// wantConserved wants every place to be free or held, and as many to exist as
// the capacity and the debt say.
func (p *places) wantConserved(t *testing.T, held int64) {
	t.Helper()
	free, total, debt := p.freePlaces(), p.total.Load(), p.debt.Load()
	if free+held != total || total != p.capacity.Load()+debt || debt < 0 || free < 0 {
		t.Errorf("%d places: %d free and %d held; capacity %d and %d owed", total, free, held, p.capacity.Load(), debt)
	}
}

// As many places can be taken as there are, wherever they lie.
func TestPlacesCount(t *testing.T) {
	for _, n := range []int{1, 2, 3, 5, 64, 65, 1000} {
		p := newPlaces(n)
		p.wantConserved(t, 0)
		for i := range n {
			if p.taken() != i {
				t.Errorf("%d places taken, want %d", p.taken(), i)
			}
			if !p.take() {
				t.Fatalf("only %d of %d places could be taken", i, n)
			}
		}
		if p.take() {
			t.Errorf("more than %d places could be taken", n)
		}
		p.wantConserved(t, int64(n))
		p.giveBack()
		if !p.take() || p.take() {
			t.Error("one place given back is not one to take")
		}
	}
}

func TestPlacesBound(t *testing.T) {
	for _, n := range []int{Unlimited, 1, 20480, 1 << 30} {
		if p := newPlaces(n); p.bound() != n {
			t.Errorf("bound %d, want %d", p.bound(), n)
		}
	}
	for n, exact := range map[int]bool{1: true, exactCapacity: true, exactCapacity + 1: false, Unlimited: false} {
		if newPlaces(n).exact() != exact {
			t.Errorf("exact for capacity %d is %v", n, !exact)
		}
	}
}

// Of goroutines that want a place at once exactly as many get one as there
// are places, also if some of them hold theirs for good.
func TestPlacesUnderContention(t *testing.T) {
	const goroutines = 16
	for round := range 300 {
		n := 1 + round%(2*goroutines)
		p := newPlaces(n)
		var got atomic.Int64
		together(goroutines, func(int) {
			if p.take() {
				got.Add(1)
			}
		})
		if want := int64(min(n, goroutines)); got.Load() != want {
			t.Fatalf("%d of %d goroutines got one of %d places", got.Load(), goroutines, n)
		}
		p.wantConserved(t, got.Load())
	}
}

// Goroutines that take and give back never hold more places than there are,
// and those that stall with one keep nobody from the rest.
func TestPlacesAreConserved(t *testing.T) {
	const n, stalled, goroutines = 10, 4, 6
	p := newPlaces(n)
	for range stalled {
		if !p.take() {
			t.Fatal("no place")
		}
	}
	var held atomic.Int64
	together(goroutines, func(g int) {
		for range 5000 {
			if !p.take() { // others were moving places from stripe to stripe
				continue
			}
			if h := held.Add(1); h > n-stalled {
				t.Errorf("%d places held beside the %d of those that stall", h, stalled)
			}
			held.Add(-1)
			p.giveBack()
		}
	})
	p.wantConserved(t, stalled)
	for range n - stalled {
		if !p.take() {
			t.Error("a place is missing")
		}
	}
	if p.take() {
		t.Error("a place too many")
	}
}

// Shrinking uses free places first, then those of victims, and leaves the rest
// as a debt, which whoever gives a place back pays.
func TestPlacesShrink(t *testing.T) {
	p := newPlaces(10)
	for range 7 {
		p.take()
	}
	evictable := 2
	evict := func() (evicted bool) {
		p.payWith(func() bool {
			if evicted = evictable > 0; evicted {
				evictable--
			}
			return evicted
		})
		return evicted
	}
	p.resizeTo(8, evict)
	if evictable != 2 || p.owing() || p.taken() != 7 {
		t.Errorf("with free places enough: %d victims left, %d taken, owing %v", evictable, p.taken(), p.owing())
	}
	p.wantConserved(t, 7)
	p.resizeTo(6, evict)
	if evictable != 1 || p.owing() || p.taken() != 6 {
		t.Errorf("with one place too few: %d victims left, %d taken, owing %v", evictable, p.taken(), p.owing())
	}
	p.wantConserved(t, 6)
	p.resizeTo(2, evict)
	if evictable != 0 || !p.owing() || p.taken() != 2 || p.debt.Load() != 3 {
		t.Errorf("with one victim for four places: %d taken, %d owed", p.taken(), p.debt.Load())
	}
	p.wantConserved(t, 5)
	for held := int64(4); held >= 2; held-- {
		p.giveBack()
		p.wantConserved(t, held)
	}
	if p.owing() || p.take() {
		t.Error("the debt is not what was to be paid")
	}
	p.giveBack()
	if !p.take() {
		t.Error("a place given back after the debt was paid is not free")
	}
}

// Growing forgives a debt before it makes places.
func TestPlacesGrow(t *testing.T) {
	p := newPlaces(5)
	for range 5 {
		p.take()
	}
	p.resizeTo(1, func() bool { return false })
	p.wantConserved(t, 5)
	p.resizeTo(3, func() bool { return false })
	if p.debt.Load() != 2 || p.take() {
		t.Errorf("%d owed after growing by two of four", p.debt.Load())
	}
	p.wantConserved(t, 5)
	p.resizeTo(8, func() bool { return false })
	if p.owing() {
		t.Error("a debt is left although there are places enough")
	}
	p.wantConserved(t, 5)
	for range 3 {
		if !p.take() {
			t.Error("a place is missing after growing")
		}
	}
	p.resizeTo(Unlimited, func() bool { return false })
	if p.bound() != Unlimited || !p.take() {
		t.Error("a place is missing without a bound")
	}
	p.resizeTo(9, func() bool { return false })
	p.wantConserved(t, 9)
}

func TestPayTakesAHeldPlace(t *testing.T) {
	p := newPlaces(4)
	p.take()
	if p.pay() {
		t.Error("paid without a debt")
	}
	for range 3 {
		p.take()
	}
	p.resizeTo(2, func() bool { return false })
	paid := 0
	for p.pay() {
		paid++
	}
	if paid != 2 {
		t.Errorf("paid %d places, two were owed", paid)
	}
	p.wantConserved(t, 2)
}

// The bound changes while others take and give back: no place is lost or made,
// and at no time are more held than the greatest bound allows.
func TestPlacesResizeUnderLoad(t *testing.T) {
	const greatest = 20
	p := newPlaces(greatest)
	var held, running atomic.Int64
	running.Store(4)
	together(5, func(g int) {
		random := rand.New(rand.NewPCG(3, uint64(g)))
		if g == 4 {
			for running.Load() > 0 {
				p.resizeTo(1+random.IntN(greatest), func() bool { return false })
			}
			return
		}
		defer running.Add(-1)
		mine := 0
		for range 8000 {
			if random.IntN(2) == 0 && mine < 6 {
				if p.take() {
					mine++
					if h := held.Add(1); h > greatest {
						t.Errorf("%d places held", h)
					}
				}
			} else if mine > 0 {
				mine--
				held.Add(-1)
				p.giveBack()
			}
		}
		for range mine {
			held.Add(-1)
			p.giveBack()
		}
	})
	p.resizeTo(greatest, func() bool { return false })
	p.wantConserved(t, 0)
	if p.owing() || p.freePlaces() != greatest {
		t.Errorf("%d places free at the end, %d owed", p.freePlaces(), p.debt.Load())
	}
}

// Stamps of tables of one shard are in the order in which they were drawn,
// whatever the capacity.
func TestStampsOfOneShard(t *testing.T) {
	p := newPlaces(Unlimited)
	p.oneByOne = true
	var newest atomic.Uint64
	together(4, func(int) {
		for range 5000 {
			before := newest.Load()
			n := p.nextStamp()
			if n <= before {
				t.Errorf("stamp %d after stamp %d", n, before)
				return
			}
			raise(&newest, n)
		}
	})
}

// Stamps of larger tables are at most a few blocks behind the newest, and those
// of one goroutine alone go up.
func TestStampsOfLargeTables(t *testing.T) {
	p := newPlaces(Unlimited)
	for last, i := uint64(0), 0; i < 5000; i++ {
		n := p.nextStamp()
		if n <= last {
			t.Fatalf("stamp %d after stamp %d", n, last)
		}
		last = n
	}
	var newest atomic.Uint64
	together(4, func(int) {
		for range 5000 {
			before := newest.Load()
			n := p.nextStamp()
			if n+4*stampBlock < before {
				t.Errorf("stamp %d after stamp %d", n, before)
				return
			}
			raise(&newest, n)
		}
	})
}

// raise makes the value at least n.
func raise(v *atomic.Uint64, n uint64) {
	for {
		old := v.Load()
		if n <= old || v.CompareAndSwap(old, n) {
			return
		}
	}
}

func TestRetriesAreCounted(t *testing.T) {
	p := newPlaces(Unlimited)
	together(8, func(int) {
		for range 100 {
			p.countRetry()
		}
	})
	if n := p.retried(); n != 800 {
		t.Errorf("%d retries, want 800", n)
	}
}
