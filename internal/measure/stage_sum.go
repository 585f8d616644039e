package measure

import (
	"runtime"
	"strconv"
	"strings"

	"github.com/reprise-tls/reprise/internal/latency"
)

// sum adds up what the actors did.
func (g *Stage) sum(i *Interval, open bool, waiting uint64) error {
	service, intended, wake := latency.NewRecorder(), latency.NewRecorder(), latency.NewRecorder()
	var handshakes Handshakes
	arrivals := &Arrivals{}
	var busy float64
	for _, a := range g.actors {
		if a.err != nil {
			return a.err
		}
		counts, h := a.traffic.counts()
		i.Counts = i.Counts.Plus(counts)
		handshakes = handshakes.Plus(h)
		if a.requests == 0 {
			a.requests = counts.Operations() // blocks are not counted one by one
		}
		i.Requests += a.requests
		service.Merge(a.service)
		if !open {
			continue
		}
		intended.Merge(a.intended)
		wake.Merge(a.wake)
		arrivals.Missed += a.missed
		arrivals.Due += a.requests + a.traffic.backlog(g.running)
		busy += a.busy.Seconds()
		if due, ok := a.traffic.due(); ok && due != atOnce {
			arrivals.Behind = max(arrivals.Behind, g.running-due)
		}
	}
	i.Service = service.Summary()
	if g.clients != nil {
		i.Handshakes = &handshakes
	}
	if !open {
		return nil
	}
	arrivals.Due -= min(waiting, arrivals.Due)
	arrivals.Latency, arrivals.Wake = intended.Summary(), wake.Summary()
	arrivals.Busy = busy / (i.Elapsed.Seconds() * float64(len(g.actors)))
	i.Arrivals = arrivals
	return nil
}

// stageMeters are readings at the ends of an interval.
type stageMeters struct {
	meters
	evicted      uint64
	tellsEvicted bool
	steal, ticks float64 // of all processors since the system began; ticks 0: it does not tell
}

func newStageMeters(g *Stage) *stageMeters {
	m := &stageMeters{}
	m.read(&Bench{target: g.target, cache: inner(g.cache)})
	if m.tellsEvicted = g.target.Evicted != nil; m.tellsEvicted {
		m.evicted = g.target.Evicted(inner(g.cache))
	}
	m.steal, m.ticks = stealTicks(firstLine("/proc/stat"))
	return m
}

// stealTicks reads the first line of Linux's /proc/stat (proc_stat(5)): times
// of user, nice, system, idle, iowait, irq, softirq, steal. What follows is
// part of user and nice.
func stealTicks(line string) (steal, all float64) {
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return 0, 0
	}
	for i, field := range fields[1:9] {
		n, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return 0, 0
		}
		all += n
		if i == 7 {
			steal = n
		}
	}
	return steal, all
}

// since adds what the meters went up by.
func (m *stageMeters) since(before *stageMeters, i *Interval) {
	var s Sample
	s.measured(&before.meters, &m.meters)
	i.Mallocs, i.Allocated, i.Collections, i.Paused = s.Mallocs, s.Allocated, s.Collections, s.Paused
	i.Heap, i.RSS, i.Retries = s.Heap, residentMemory(), s.Retries
	i.Collector = s.Collector / (i.Elapsed.Seconds() * float64(runtime.GOMAXPROCS(0)))
	if m.tellsEvicted {
		n := m.evicted - before.evicted
		i.Evicted = &n
	}
	if m.ticks > before.ticks {
		share := max(0, m.steal-before.steal) / (m.ticks - before.ticks)
		i.Steal = &share
	}
}
