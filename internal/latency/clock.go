package latency

import "time"

// A Clock is read before and after what is timed. The zero Clock must not be
// used.
type Clock struct{ start time.Time }

// NewClock returns a clock.
func NewClock() Clock { return Clock{time.Now()} }

// Now returns the nanoseconds since the clock was made. It reads the monotonic
// clock only, which costs half of what time.Now does.
func (c Clock) Now() int64 { return int64(time.Since(c.start)) }

// ClockCost returns how many nanoseconds one reading of the clock takes: the
// best of several attempts, each of which is the mean of a thousand.
func ClockCost() float64 {
	const attempts, readings = 20, 1000
	c := NewClock()
	best := 0.0
	for i := range attempts {
		began := c.Now()
		for range readings - 1 {
			c.Now()
		}
		each := float64(c.Now()-began) / readings
		if i == 0 || each < best {
			best = each
		}
	}
	return best
}
