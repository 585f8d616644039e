package lincheck

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"
)

// batchSize is how many histories the same goroutines run, one after the
// other: waking them up takes longer than a history.
const batchSize = 16

// runBatch runs a batch of histories, whose workload follows from the seed and
// the batch's number. It sets GOMAXPROCS. It fails if a table cannot be made,
// or has kept a reference.
func (c *config) runBatch(seed uint64, number int) (list []*history, err error) {
	name := fnv.New64a()
	name.Write([]byte(c.name))
	rng := rand.New(rand.NewPCG(seed, name.Sum64()+uint64(number)))
	if n := pick(rng, processorCounts); n != runtime.GOMAXPROCS(0) {
		runtime.GOMAXPROCS(n)
	}
	workers := workerCount(rng)
	for range batchSize {
		h, err := newHistory(c.newPlan(rng, workers), rng)
		if err != nil {
			return nil, err
		}
		h.prepare()
		list = append(list, h)
	}
	remove := installYields()
	var group sync.WaitGroup
	for i := range list[0].together() {
		group.Go(func() {
			for _, h := range list {
				h.work(i)
			}
		})
	}
	group.Wait()
	remove()
	for _, h := range list {
		h.conclude()
	}
	return list, fillersHeld()
}

// checkAll checks histories.
func checkAll(list []*history) []verdict {
	verdicts := make([]verdict, len(list))
	var group sync.WaitGroup
	n := runtime.GOMAXPROCS(0)
	for first := range n {
		group.Go(func() {
			for i := first; i < len(list); i += n {
				verdicts[i] = list[i].check()
			}
		})
	}
	group.Wait()
	return verdicts
}

// tally is what histories add up to.
type tally struct {
	histories, operations, overlapped, sequential, inconclusive int

	longest time.Duration // of a check
}

func (v verdict) tally() tally {
	n := tally{histories: 1, operations: v.operations, overlapped: v.overlapped, inconclusive: v.inconclusive, longest: v.longest}
	if v.overlapped == 0 {
		n.sequential = 1
	}
	return n
}

func (n *tally) add(m tally) {
	n.histories += m.histories
	n.operations += m.operations
	n.overlapped += m.overlapped
	n.sequential += m.sequential
	n.inconclusive += m.inconclusive
	n.longest = max(n.longest, m.longest)
}

func (n tally) String() string {
	return fmt.Sprintf("%d histories, %d operations, %d of them beside another on the same id, %d histories without any such, %d checks inconclusive, the longest took %v",
		n.histories, n.operations, n.overlapped, n.sequential, n.inconclusive, n.longest.Round(time.Millisecond))
}
