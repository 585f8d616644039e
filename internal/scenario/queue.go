package scenario

import (
	"cmp"
	"time"
)

// event is the next visit of a client.
type event struct {
	due        time.Duration
	population uint8
	number     uint32 // of the client
	index      uint32
}

// before orders visits at the same time by their clients, so that their order
// does not depend on who shares them.
func (e event) before(f event) bool {
	return cmp.Or(cmp.Compare(e.due, f.due), cmp.Compare(e.population, f.population), cmp.Compare(e.number, f.number)) < 0
}

// queue is a binary heap. Package container/heap would allocate for every
// event.
type queue []event

func (q *queue) push(e event) {
	*q = append(*q, e)
	h := *q
	i := len(h) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !h[i].before(h[parent]) {
			return
		}
		h[i], h[parent] = h[parent], h[i]
		i = parent
	}
}

func (q *queue) pop() event {
	h := *q
	first := h[0]
	last := len(h) - 1
	h[0] = h[last]
	*q = h[:last]
	q.down(0)
	return first
}

func (q *queue) down(i int) {
	h := *q
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(h); child++ {
			if h[child].before(h[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}

// order makes a heap of what is in any order.
func (q *queue) order() {
	for i := len(*q)/2 - 1; i >= 0; i-- {
		q.down(i)
	}
}

// countBefore adds up the weights of the events that are due before a time. It
// looks at those, and at what is below them only.
func (q *queue) countBefore(before time.Duration, weight func(event) uint64) (n uint64) {
	h := *q
	stack := []int{0}
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if i < len(h) && h[i].due < before {
			n += weight(h[i])
			stack = append(stack, 2*i+1, 2*i+2)
		}
	}
	return n
}
