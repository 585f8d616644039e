package queueing

import (
	"errors"
	"fmt"
	"math"
)

// MaxServers bounds the servers of a pool.
const MaxServers = 1 << 20

// ErrInput is wrapped by errors about what is out of range.
var ErrInput = errors.New("out of range")

// A Pool is a number of servers with the customers that arrive there.
type Pool struct {
	Servers int     // 1 to MaxServers
	Arrival float64 // customers a second, 0 or more
	Service float64 // seconds a customer takes, on average, above 0
}

// A Report is what becomes of the customers of a pool.
type Report struct {
	Load        float64 `json:"erlangs"`     // servers that are busy on average, if none are missing
	Utilisation float64 `json:"utilisation"` // load a server
	Blocking    float64 `json:"erlangB"`     // share that would be turned away if nobody could wait
	Waiting     float64 `json:"erlangC"`     // share that has to wait
	MeanWait    float64 `json:"meanWait"`    // seconds, those who do not wait included

	pool Pool
}

// Check reports what is out of range.
func (p Pool) Check() error {
	switch {
	case p.Servers < 1 || p.Servers > MaxServers:
		return fmt.Errorf("%w: %d servers; allowed are 1 to %d", ErrInput, p.Servers, MaxServers)
	case !(p.Arrival >= 0) || math.IsInf(p.Arrival, 1):
		return fmt.Errorf("%w: arrival rate %v a second; allowed are finite values of 0 or more", ErrInput, p.Arrival)
	case !(p.Service > 0) || math.IsInf(p.Service, 1):
		return fmt.Errorf("%w: service time %v s; allowed are finite values above 0", ErrInput, p.Service)
	}
	return nil
}

// Report returns what the pool does in the long run. It fails where the queue
// would grow for ever, at a utilisation of 1 or more.
func (p Pool) Report() (Report, error) {
	if err := p.Check(); err != nil {
		return Report{}, err
	}
	load := p.Arrival * p.Service
	r := Report{Load: load, Utilisation: load / float64(p.Servers), pool: p}
	if r.Utilisation >= 1 {
		return r, fmt.Errorf("%w: utilisation %.4g of %d servers; the queue is stable below 1", ErrInput, r.Utilisation, p.Servers)
	}
	r.Blocking = ErlangB(load, p.Servers)
	r.Waiting = ErlangC(load, p.Servers)
	r.MeanWait = r.Waiting / r.drain()
	return r, nil
}

// drain is the rate at which a queue that has formed gets shorter.
func (r Report) drain() float64 {
	return float64(r.pool.Servers)/r.pool.Service - r.pool.Arrival
}

// Wait returns the percentile q, 0 to 1 exclusive, of the waiting time in
// seconds: the share q of all customers waits no longer. Waiting times are
// exponential for those who wait, so it is 0 as long as q of them do not.
func (r Report) Wait(q float64) (float64, error) {
	if !(q >= 0 && q < 1) {
		return 0, fmt.Errorf("%w: percentile %v; allowed are values from 0 up to, but not including, 1", ErrInput, q)
	}
	if 1-q >= r.Waiting {
		return 0, nil
	}
	return math.Log(r.Waiting/(1-q)) / r.drain(), nil
}

// ErlangB returns the share of customers that find all servers busy if nobody
// waits: load in erlangs, 0 or more, servers 0 or more.
func ErlangB(load float64, servers int) float64 {
	b := 1.0
	for k := 1; k <= servers; k++ {
		b = load * b / (float64(k) + load*b)
	}
	return b
}

// ErlangC returns the share of customers that have to wait; 1 where the load
// is not below the servers.
func ErlangC(load float64, servers int) float64 {
	c := float64(servers)
	if load >= c {
		return 1
	}
	b := ErlangB(load, servers)
	return c * b / (c - load*(1-b))
}

// Smallest returns the smallest pool for the given customers in which the
// utilisation is at most utilisation (above 0, below 1) and the percentile q
// of the waiting time at most wait seconds (0 or more).
func Smallest(arrival, service, utilisation, q, wait float64) (Report, error) {
	switch {
	case !(utilisation > 0 && utilisation < 1):
		return Report{}, fmt.Errorf("%w: utilisation %v; allowed are values between 0 and 1", ErrInput, utilisation)
	case !(wait >= 0):
		return Report{}, fmt.Errorf("%w: waiting time %v s; allowed are 0 or more", ErrInput, wait)
	}
	if err := (Pool{1, arrival, service}).Check(); err != nil {
		return Report{}, err
	}
	least := max(1, math.Ceil(arrival*service/utilisation))
	if least > MaxServers {
		return Report{}, fmt.Errorf("%w: %.3g servers would be needed; allowed are 1 to %d", ErrInput, least, MaxServers)
	}
	// A load that is a whole number of servers at a utilisation of exactly 1
	// cannot come out here, since utilisation < 1.
	for servers := int(least); servers <= MaxServers; servers++ {
		r, err := Pool{servers, arrival, service}.Report()
		if err != nil {
			return Report{}, err
		}
		w, err := r.Wait(q)
		if err != nil {
			return Report{}, err
		}
		if w <= wait {
			return r, nil
		}
	}
	return Report{}, fmt.Errorf("%w: no pool of %d servers or fewer keeps %v of the waiting times at %v s or less", ErrInput, MaxServers, q, wait)
}

// Servers returns the size of the pool that was reported on.
func (r Report) Servers() int { return r.pool.Servers }
