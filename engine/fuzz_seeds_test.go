package engine

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

var writeSeeds = flag.Bool("write-seeds", false, "write the seeds of FuzzOperations to testdata")

// A fuzzSeed is an input of FuzzOperations in words: how its cache is made, what
// is done to it, and what the counters must be like then, so that it is about
// what its name says.
type fuzzSeed struct {
	capacity, probation, timeout int // as indexes
	mode                         Mode
	scope                        byte
	store                        bool
	callbacks                    byte
	steps                        [][fuzzStepLen]byte
	shows                        func(Stats) bool
}

// Arguments of steps. A session is new, with an id and of an age and timeout, or
// one of those that were made earlier, 0 being the latest.
const (
	latest = fuzzEarlier

	inScope  = 1 // "a scope"; flags of new sessions
	likeNew  = 3 // as Cache.NewSession makes them
	promoted = 4
	unusable = 8
	noState  = 16
	client   = 1 << 6 // for handshakes

	lasts1, lasts5, lasts50, lasts1000 = 1, 2, 3, 4 // seconds
	aged                               = 2 * 8      // made 20 seconds ago; added to one of these

	underScope = 3 // for lookups: under "a scope", not the cache's

	callRemove, callGet, callAll, callPanics = 2, 4, 7, 8
)

// step returns the bytes of a step.
func step(name string, args ...byte) (b [fuzzStepLen]byte) {
	switch i := slices.IndexFunc(fuzzOperations, func(o fuzzOperation) bool { return o.name == name }); {
	case name == "Close":
		b[0] = fuzzClose
	case i < 0:
		panic("no operation is called " + name)
	case i > 0:
		b[0] = fuzzAdds + byte(i)
	}
	copy(b[1:], args)
	return b
}

// modeByte is the inverse of fuzzMode.
func modeByte(m Mode) byte {
	for b := range 256 {
		if fuzzMode(byte(b)) == m {
			return byte(b)
		}
	}
	panic("no byte stands for the mode")
}

// bytes returns the input.
func (s *fuzzSeed) bytes() []byte {
	store := byte(0)
	if s.store {
		store = 1
	}
	data := []byte{byte(s.capacity), byte(s.probation), byte(s.timeout), modeByte(s.mode), s.scope, store, s.callbacks, 0}
	for _, step := range s.steps {
		data = append(data, step[:]...)
	}
	return data
}

// The seeds do what they are for and are in testdata as they are here.
func TestFuzzSeeds(t *testing.T) {
	for name, seed := range fuzzSeeds {
		t.Run(name, func(t *testing.T) {
			for _, kind := range []TableKind{LockFree, XSync} {
				if stats := fuzzRun(t, kind, seed.bytes()); !seed.shows(stats) {
					t.Fatalf("%v: the counters are %+v", kind, stats)
				}
			}
			file := filepath.Join("testdata", "fuzz", "FuzzOperations", name)
			want := fmt.Sprintf("go test fuzz v1\n[]byte(%q)\n", seed.bytes())
			if *writeSeeds {
				if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := os.ReadFile(file); err != nil || string(got) != want {
				t.Errorf("%s is not what it should be (%v); go test -run TestFuzzSeeds -write-seeds writes it", file, err)
			}
		})
	}
}

// Random bytes are good inputs too, and unlike a fuzzer's always tried.
func TestOperationsAtRandom(t *testing.T) {
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 1))
		data := make([]byte, fuzzHeader+fuzzStepLen*random.IntN(fuzzMaxSteps))
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		for _, kind := range []TableKind{LockFree, XSync} {
			fuzzRun(t, kind, data)
		}
	}
}
