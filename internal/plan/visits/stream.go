package visits

import (
	"math/rand/v2"
	"time"

	"github.com/reprise-tls/reprise/internal/trace"
)

// A Stream is the visits of a population, in order of time.
type Stream struct {
	laws   []Law // of classes
	random *rand.Rand
	queue  []visit // a heap, the next first
}

type visit struct {
	at     float64
	client uint32
	class  uint32
}

// NewStream starts a population at time 0 that has been coming for ever.
// counts[i] clients follow laws[i]; client numbers are given class by class
// from 0. The same seed gives the same visits.
func NewStream(laws []Law, counts []int, seed uint64) *Stream {
	s := &Stream{laws: laws, random: rand.New(rand.NewPCG(seed, 0x71517))}
	for class, n := range counts {
		for range n {
			s.queue = append(s.queue, visit{laws[class].DrawRemaining(s.random), uint32(len(s.queue)), uint32(class)})
		}
	}
	for i := len(s.queue)/2 - 1; i >= 0; i-- {
		s.sink(i)
	}
	return s
}

// Next returns the next visit: when, in seconds, and whose.
func (s *Stream) Next() (at float64, client, class uint32) {
	next := s.queue[0]
	s.queue[0].at += s.laws[next.class].Draw(s.random)
	s.sink(0)
	return next.at, next.client, next.class
}

// sink restores the heap below element i. The heap is fourfold: half as deep
// as a binary one, and the children of an element are next to each other.
func (s *Stream) sink(i int) {
	moving := s.queue[i]
	for {
		least := 4*i + 1
		if least >= len(s.queue) {
			break
		}
		for k := least + 1; k <= min(4*i+4, len(s.queue)-1); k++ {
			if s.queue[k].at < s.queue[least].at {
				least = k
			}
		}
		if s.queue[least].at >= moving.at {
			break
		}
		s.queue[i] = s.queue[least]
		i = least
	}
	s.queue[i] = moving
}

// Trace returns the given number of visits as a trace.
func (s *Stream) Trace(requests int) *trace.Trace {
	t := &trace.Trace{IDs: make([]uint32, requests), Times: make([]time.Duration, requests), Distinct: len(s.queue)}
	for i := range t.IDs {
		at, client, _ := s.Next()
		t.IDs[i], t.Times[i] = client, time.Duration(at*float64(time.Second))
	}
	return t
}
