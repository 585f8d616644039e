package measure

import (
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"time"
)

// meters are readings of what counts by itself.
type meters struct {
	memory    runtime.MemStats
	collector float64 // seconds of processor time
	processor time.Duration
	retries   uint64
	tells     bool // the cache tells its retries
	sample    [1]metrics.Sample
}

// collectorMetric is brought up to date at the end of every collection, so a
// reading has the time of those that have ended.
const collectorMetric = "/cpu/classes/gc/total:cpu-seconds"

// read takes the readings. It allocates nothing that would be counted.
func (m *meters) read(b *Bench) {
	runtime.ReadMemStats(&m.memory)
	m.sample[0].Name = collectorMetric
	metrics.Read(m.sample[:])
	if v := m.sample[0].Value; v.Kind() == metrics.KindFloat64 {
		m.collector = v.Float64()
	}
	if m.tells = b.target.Retries != nil; m.tells {
		m.retries = b.target.Retries(b.cache)
	}
}

// measured adds what the meters went up by. Until the sample is finished,
// Collector is seconds.
func (s *Sample) measured(before, after *meters) {
	s.Mallocs = after.memory.Mallocs - before.memory.Mallocs
	s.Allocated = after.memory.TotalAlloc - before.memory.TotalAlloc
	s.Collections = after.memory.NumGC - before.memory.NumGC
	s.Paused = time.Duration(after.memory.PauseTotalNs - before.memory.PauseTotalNs)
	s.Heap = after.memory.HeapAlloc
	s.Collector = after.collector - before.collector
	s.Processor = after.processor - before.processor
	if after.tells {
		n := after.retries - before.retries
		s.Retries = &n
	}
}

// plus returns the sample of this round and another one after it.
func (s Sample) plus(t Sample) Sample {
	t.Elapsed += s.Elapsed
	t.Counts = s.Counts.Plus(t.Counts)
	t.Mallocs += s.Mallocs
	t.Allocated += s.Allocated
	t.Collections += s.Collections
	t.Paused += s.Paused
	t.Collector += s.Collector
	t.Processor += s.Processor
	if s.Retries != nil {
		*t.Retries += *s.Retries
	}
	t.Flushed += s.Flushed
	t.Flush += s.Flush
	return t
}

// residentMemory returns what of the process's memory is resident, in bytes, 0
// if the system does not tell. Linux counts it in pages.
func residentMemory() uint64 {
	fields := strings.Fields(firstLine("/proc/self/statm"))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseUint(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * uint64(os.Getpagesize())
}
