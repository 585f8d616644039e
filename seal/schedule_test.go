package seal

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// node is a ring with a clock of its own.
type node struct {
	*Ring
	now atomic.Int64 // Unix nanoseconds
}

var testSecret = []byte("32 bytes that nobody can guess..")

func newNode(t *testing.T, change func(*Schedule)) *node {
	t.Helper()
	n := new(node)
	n.now.Store(time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC).UnixNano())
	s := Schedule{
		Secrets: [][]byte{testSecret},
		Period:  time.Hour,
		Overlap: 30 * time.Minute,
		Skew:    time.Minute,
		Clock:   func() time.Time { return time.Unix(0, n.now.Load()) },
	}
	if change != nil {
		change(&s)
	}
	r, err := NewScheduledRing(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	n.Ring = r
	return n
}

func (n *node) pass(d time.Duration) { n.now.Add(int64(d)) }

func TestAFleetChangesKeysInStep(t *testing.T) {
	a, b := newNode(t, nil), newNode(t, nil)
	ids := map[KeyID]bool{}
	for range 48 {
		envelope := mustSeal(t, a.Ring, []byte("a session"), testData())
		if _, err := b.Open(nil, envelope, testData()); err != nil {
			t.Fatal(err)
		}
		id, _ := EnvelopeKey(envelope)
		ids[id] = true
		a.pass(30 * time.Minute)
		b.pass(30 * time.Minute)
	}
	if len(ids) != 24 {
		t.Errorf("%d keys in 24 hours, want 24", len(ids))
	}
	other := newNode(t, func(s *Schedule) { s.Secrets = [][]byte{bytes.ToUpper(testSecret)} })
	_, err := other.Open(nil, mustSeal(t, newNode(t, nil).Ring, nil, testData()), testData())
	wantError(t, "opening with another secret", err, ErrUnknownKey)
}

func TestForHowLongASchedulesKeyOpens(t *testing.T) {
	for name, test := range map[string]struct {
		at, opened time.Duration // into the epoch
		want       error
	}{
		"at once":                     {0, 0, nil},
		"at the end of its epoch":     {0, time.Hour - 1, nil},
		"in the overlap":              {0, 90 * time.Minute, nil},
		"in the overlap and the skew": {0, 91*time.Minute - 1, nil},
		"after that":                  {0, 91 * time.Minute, ErrUnknownKey},
		"the last, for the overlap":   {time.Hour - 1, time.Hour - 1 + 30*time.Minute, nil},
		"by a clock that is behind":   {0, -time.Minute, nil},
		"further behind":              {0, -time.Minute - 1, ErrUnknownKey},
		"a year later":                {0, 365 * 24 * time.Hour, ErrUnknownKey},
		"a year before":               {0, -365 * 24 * time.Hour, ErrUnknownKey},
	} {
		n := newNode(t, nil)
		n.pass(test.at)
		envelope := mustSeal(t, n.Ring, nil, testData())
		n.pass(test.opened - test.at)
		_, err := n.Open(nil, envelope, testData())
		if test.want == nil && err != nil {
			t.Errorf("%s: %v", name, err)
		} else if test.want != nil {
			wantError(t, name, err, test.want)
		}
	}
}

// Whatever the settings: what was sealed opens for at least MaxAge on every
// node whose clock is within the skew.
func TestWhatIsSealedOpensForMaxAge(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		period := time.Duration(60+random.IntN(100000)) * time.Second
		overlap := 1 + rand.N(period)
		skew := random.Int64N(int64(period/2)) + 1
		settings := func(s *Schedule) { s.Period, s.Overlap, s.Skew = period, overlap, time.Duration(skew) }
		a, b := newNode(t, settings), newNode(t, settings)
		start := time.Duration(random.Int64N(int64(3 * period)))
		a.pass(start)
		b.pass(start + time.Duration(random.Int64N(2*skew)-skew))
		for range 4 {
			envelope := mustSeal(t, a.Ring, nil, testData())
			wait := time.Duration(random.Int64N(int64(a.MaxAge()) + 1))
			a.pass(wait)
			b.pass(wait)
			if _, err := b.Open(nil, envelope, testData()); err != nil {
				t.Fatalf("period %v, overlap %v, skew %v: after %v: %v", period, overlap, time.Duration(skew), wait, err)
			}
		}
		if n := len(b.Keys()); n > 4 {
			t.Errorf("period %v, overlap %v, skew %v: %d keys", period, overlap, time.Duration(skew), n)
		}
	}
}

// The keys are those of the time, also if the clock jumps back.
func TestClockJumpsBack(t *testing.T) {
	n := newNode(t, nil)
	first := mustSeal(t, n.Ring, []byte("first"), testData())
	n.pass(100 * time.Hour)
	late := mustSeal(t, n.Ring, nil, testData())
	n.pass(-100 * time.Hour)
	if got, err := n.Open(nil, first, testData()); err != nil || string(got) != "first" {
		t.Errorf("opened %q, error %v", got, err)
	}
	_, err := n.Open(nil, late, testData())
	wantError(t, "a key of the future", err, ErrUnknownKey)
	n.now.Store(time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC).UnixNano())
	if _, err := n.Open(nil, mustSeal(t, n.Ring, nil, testData()), testData()); err != nil {
		t.Error(err)
	}
}

func TestASchedulesOldKeysAreZero(t *testing.T) {
	n := newNode(t, nil)
	old := n.active
	n.pass(2 * time.Hour)
	mustSeal(t, n.Ring, nil, testData())
	if !bytes.Equal(old.envelopes[:], make([]byte, KeySize)) {
		t.Error("an old key is not zero")
	}
	secret := n.schedule.secrets[0]
	n.Close()
	if !bytes.Equal(secret, make([]byte, len(secret))) {
		t.Error("the secret is not zero after Close")
	}
	n.pass(2 * time.Hour)
	_, err := n.Seal(nil, nil, testData())
	wantError(t, "Seal after Close", err, ErrNoKey)
}

// A secret is changed on one node after the other, in three steps, and no
// node ever fails to open what another one sealed.
func TestTheSecretIsChanged(t *testing.T) {
	newSecret := bytes.ToUpper(testSecret)
	secrets := [][][]byte{
		{testSecret}, {testSecret, newSecret}, {newSecret, testSecret}, {newSecret},
	}
	var steps []*node
	for _, s := range secrets {
		steps = append(steps, newNode(t, func(g *Schedule) { g.Secrets = s }))
	}
	for i := range len(steps) - 1 {
		for _, pair := range [][2]*node{{steps[i], steps[i+1]}, {steps[i+1], steps[i]}} {
			if _, err := pair[1].Open(nil, mustSeal(t, pair[0].Ring, nil, testData()), testData()); err != nil {
				t.Errorf("between step %d and %d: %v", i, i+1, err)
			}
		}
	}
	if keys := steps[2].Keys(); len(keys) != 4 || !keys[0].Active || keys[0].End.Sub(keys[0].Begin) != time.Hour {
		t.Errorf("Keys: %+v", keys)
	}
}

func TestHandsOffASchedule(t *testing.T) {
	n := newNode(t, nil)
	id := n.Keys()[0].ID
	wantError(t, "Activate", n.Activate(id), ErrScheduled)
	wantError(t, "Retire", n.Retire(id), ErrScheduled)

	// A key from before there was a schedule may be added, and retired.
	before := mustSeal(t, testRing(t, 1), nil, testData())
	added, err := n.Add(testKey(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	n.pass(time.Hour)
	if _, err := n.Open(nil, before, testData()); err != nil {
		t.Error(err)
	}
	if err := n.Retire(added); err != nil {
		t.Error(err)
	}
}

func TestSchedulesAreChecked(t *testing.T) {
	for field, change := range map[string]func(*Schedule){
		"Schedule.Secrets is empty":               func(s *Schedule) { s.Secrets = nil },
		"Schedule.Secrets[1] is 31 bytes":         func(s *Schedule) { s.Secrets = [][]byte{testSecret, testSecret[1:]} },
		"Schedule.Secrets[0] is one byte":         func(s *Schedule) { s.Secrets = [][]byte{make([]byte, 64)} },
		"Schedule.Secrets[1] is a secret given":   func(s *Schedule) { s.Secrets = [][]byte{testSecret, testSecret} },
		"Schedule.Period is 59s":                  func(s *Schedule) { s.Period = 59 * time.Second },
		"Schedule.Period is -1s":                  func(s *Schedule) { s.Period = -time.Second },
		"Schedule.Period is 1m0.5s":               func(s *Schedule) { s.Period = time.Minute + time.Second/2 },
		"Schedule.Period is 673h":                 func(s *Schedule) { s.Period = 673 * time.Hour },
		"Schedule.Overlap is 1h0m1s; allowed are": func(s *Schedule) { s.Overlap = time.Hour + time.Second },
		"Schedule.Overlap is -1s":                 func(s *Schedule) { s.Overlap = -time.Second },
		"Schedule.Skew is 31m0s":                  func(s *Schedule) { s.Skew = 31 * time.Minute },
		"Schedule.Skew is -1s":                    func(s *Schedule) { s.Skew = -time.Second },
	} {
		s := Schedule{Secrets: [][]byte{testSecret}, Period: time.Hour}
		change(&s)
		_, err := NewScheduledRing(s)
		wantError(t, field, err, ErrConfig)
		if err != nil && !strings.Contains(err.Error(), field) {
			t.Errorf("error %q, want %q in it", err, field)
		}
	}
	r, err := NewScheduledRing(Schedule{Secrets: [][]byte{testSecret}, Period: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if r.MaxAge() != time.Minute || r.schedule.Skew != 30*time.Second {
		t.Errorf("defaults: overlap %v, skew %v", r.MaxAge(), r.schedule.Skew)
	}
}

// Under the race detector: goroutines meet the end of an epoch at once.
func TestEpochsEndUnderLoad(t *testing.T) {
	n := newNode(t, nil)
	var users sync.WaitGroup
	for range 4 {
		users.Go(func() {
			for range 500 {
				envelope, err := n.Seal(nil, []byte("a session"), testData())
				if err != nil {
					t.Errorf("Seal: %v", err)
					return
				}
				n.pass(time.Minute)
				if _, err := n.Open(nil, envelope, testData()); err != nil {
					wantError(t, "Open", err, ErrUnknownKey)
				}
			}
		})
	}
	users.Wait()
}
