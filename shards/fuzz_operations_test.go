package shards

import (
	"math/rand/v2"
	"testing"
)

// byteSource makes a random generator draw its numbers from bytes, one byte a
// number, so that a fuzzer which changes a byte changes one decision.
type byteSource struct{ data []byte }

// Uint64 implements [rand.Source]. IntN takes the low bits of it for a power
// of two and the high ones otherwise; the bits between keep IntN, for less
// than 256, from drawing again.
func (b *byteSource) Uint64() uint64 {
	n := uint64(b.next())
	return n<<56 | 0x8080_80<<32 | n
}

// next returns the next byte, 0 if there is none.
func (b *byteSource) next() byte {
	if len(b.data) == 0 {
		return 0
	}
	n := b.data[0]
	b.data = b.data[1:]
	return n
}

// What the first three bytes of an input choose from. Capacities of more than
// exactCapacity are there for tables that are made large and then shrunk.
var (
	fuzzCapacities = [...]int{1, 2, 3, 5, 64, 100, Unlimited}
	fuzzProbations = [...]int{0, 25, 75, 100}
)

// fuzzClose, as the first byte of a step, is Close instead of a step.
const fuzzClose = 0xFF

// FuzzOperations applies the operations that the bytes stand for to both
// tables and to the model. After each one results, sink events, Len,
// references and, where it can be foretold, the victim must agree.
func FuzzOperations(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1, 0, 1, 0, 0, 1, 0, 1, 100, 0, 0, 0, 1, 1, 13, 1, 50, 0, 0, 0, 1, 1, 26, 1, 75, 0})
	f.Add([]byte{4, 1, 1, 0, 0, 1, 0, 1, 100, 0, 0, 0, 1, 1, 0, 1, 100, 0, 7, 240, fuzzClose, 0, 1, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, kind := range tableKinds {
			b := &byteSource{data: data}
			o := Options{
				Capacity:         fuzzCapacities[int(b.next())%len(fuzzCapacities)],
				ProbationPercent: fuzzProbations[int(b.next())%len(fuzzProbations)],
			}
			mask := hashMasks[int(b.next())%len(hashMasks)].mask
			fixture := newFixture(kind, o, mask)
			m := &modelled{fixture: fixture, random: rand.New(b), exact: oneShard(fixture.Table)}
			fuzzSteps(t, m, b)
			if t.Failed() {
				t.Fatalf("%s, capacity %d, probation %d %%, hash mask %x", kind.name, o.Capacity, o.ProbationPercent, mask)
			}
		}
	})
}

// fuzzSteps does one step after the other until the bytes are used up.
func fuzzSteps(t *testing.T, m *modelled, b *byteSource) {
	for step := 1; len(b.data) > 0; step++ {
		switch {
		case b.data[0] == fuzzClose && !m.closed:
			b.next()
			m.stepClose()
		case m.closed:
			m.stepClosed(t)
		default:
			m.step(t)
		}
		if m.check(t, step); t.Failed() {
			t.Errorf("after step %d", step)
			return
		}
	}
	m.check(t, 0)
	m.stepClose()
	m.checkEvents(t)
	m.closeAndAccount(t)
	for i, s := range m.made {
		s.Release()
		for _, c := range s.stateBytes() {
			if c != 0 {
				t.Fatalf("the state of session %d is there after its last release", i)
			}
		}
	}
}

// stepClose closes the table; what is left leaves in the order of eviction.
func (m *modelled) stepClose() {
	for len(m.list) > 0 {
		m.drop(earliest(m.list), ReasonClosed)
	}
	m.closed = true
	m.Close()
}

// stepClosed does an operation on the closed table, which is empty and stays
// so.
func (m *modelled) stepClosed(t *testing.T) {
	m.lastNow = testNow + int64(m.random.IntN(8))
	switch m.random.IntN(8) {
	case 0, 1:
		wantOutcome(t, m.Add(m.anySession(), m.anyExpiry(), m.lastNow, true), Closed)
	case 2:
		m.stepLookup(t)
	case 3:
		m.stepTake(t)
	case 4:
		m.stepRemove(t)
	case 5:
		m.stepReschedule(t)
	case 6:
		m.stepFlush(t)
	case 7:
		m.stepSetCapacity()
	}
}
