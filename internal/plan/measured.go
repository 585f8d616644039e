package plan

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"time"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/internal/plan/handshake"
)

// Measured is what handshakes cost and sessions weigh, by kind: tls13, tls12,
// mtls13, mtls12.
type Measured struct {
	Costs map[string]Priced `json:"costs"`
}

// A Priced is one kind.
type Priced struct {
	Full    handshake.Cost `json:"full"`
	Resumed handshake.Cost `json:"resumed"`

	// Bytes a session occupies on the heap, its state and its part of the
	// table included.
	Bytes    float64 `json:"bytesPerSession"`
	Weighed  bool    `json:"bytesMeasured"`
	StateLen int     `json:"stateBytes,omitempty"` // 0: not measured
}

// Measure takes what the spec gives, and measures the rest for the kinds it
// needs: each by count full and resumed handshakes, and by putting sessions into
// an engine. It takes a second or two and should have a core to itself.
func Measure(s Spec, count int) (Measured, error) {
	m := Measured{Costs: make(map[string]Priced)}
	for _, kind := range handshake.Kinds() {
		if !s.has(kind) {
			continue
		}
		name := kind.String()
		var p Priced
		given, priced := s.Cost[name]
		if priced {
			p.Full, p.Resumed = exactly(given.Full), exactly(given.Resumed)
		}
		bytes, weighed := s.Memory[name]
		p.Bytes = bytes
		if !priced || !weighed {
			n := count
			if priced {
				n = handshake.MinCount // only a state is needed
			}
			costs, err := handshake.Measure(kind, n)
			if err != nil {
				return Measured{}, err
			}
			if !priced {
				p.Full, p.Resumed = costs.Full, costs.Resumed
			}
			if !weighed {
				p.StateLen, p.Weighed = len(costs.State), true
				if p.Bytes, err = weigh(costs.State); err != nil {
					return Measured{}, err
				}
			}
		}
		m.Costs[name] = p
	}
	return m, nil
}

func exactly(d Duration) handshake.Cost {
	return handshake.Cost{Median: d.Seconds(), Low: d.Seconds(), High: d.Seconds()}
}

// has reports whether any client makes handshakes of the kind.
func (s *Spec) has(k handshake.Kind) bool {
	for _, f := range s.flows(0) {
		if name := k.String(); f.mutual < 1 && name == f.version() || f.mutual > 0 && name == "m"+f.version() {
			return true
		}
	}
	return false
}

// weighedSessions is how many are put into an engine to weigh one: a full
// table with a bucket a session, and tens of megabytes.
const weighedSessions = 1 << 17

// weigh returns what a session with the given state occupies.
func weigh(state []byte) (float64, error) {
	heap := func() float64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	before := heap()
	config := engine.Defaults()
	config.Capacity = weighedSessions
	config.Clock = func() int64 { return 1 }
	cache, err := engine.New(config)
	if err != nil {
		return 0, err
	}
	defer cache.Close()
	var id [engine.MaxIDLength]byte
	for i := range uint64(weighedSessions) {
		binary.LittleEndian.PutUint64(id[:], i)
		session, err := cache.NewSession(id[:], state)
		if err != nil {
			return 0, err
		}
		cache.Add(session)
		session.Release()
	}
	if n := cache.Len(); n != weighedSessions {
		return 0, fmt.Errorf("weighing a session: %d of %d are in the cache", n, weighedSessions)
	}
	bytes := (heap() - before) / weighedSessions
	runtime.KeepAlive(cache)
	if bytes < float64(len(state)) {
		return 0, fmt.Errorf("weighing a session: %.0f bytes for a state of %d; something else freed memory meanwhile", bytes, len(state))
	}
	return bytes, nil
}

// MeasureCount is how many handshakes of each sort tell a cost, unless
// something else is asked for.
const MeasureCount = 200

// seconds writes a time of a core for people.
func seconds(v float64) string {
	d := time.Duration(v * float64(time.Second))
	switch {
	case d < time.Microsecond:
		return d.String()
	case d < time.Millisecond:
		return d.Round(100 * time.Nanosecond).String()
	case d < time.Second:
		return d.Round(10 * time.Microsecond).String()
	}
	return d.Round(time.Second).String()
}
