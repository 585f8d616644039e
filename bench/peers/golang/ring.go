package golang

// ring is a queue. Its elements are numbered in the order in which they were
// pushed; popping and pushing do not change the numbers of the others. It is
// not safe for concurrent use.
//
// It keeps the order of insertion of a table: a session that leaves early
// stays behind as an element that means nothing, so that taking it out touches
// no other, as taking it out of a list would.
type ring[T any] struct {
	elements   []T // their number is a power of two
	head, tail uint32
}

// newRing returns a ring for at least n elements.
func newRing[T any](n int) ring[T] {
	size := 64
	for size < n {
		size *= 2
	}
	return ring[T]{elements: make([]T, size)}
}

func (r *ring[T]) empty() bool { return r.head == r.tail }
func (r *ring[T]) full() bool  { return r.tail-r.head == uint32(len(r.elements)) }

// push appends an element, for which there must be room, and returns its
// number.
func (r *ring[T]) push(e T) (number uint32) {
	number = r.tail
	r.elements[number&uint32(len(r.elements)-1)] = e
	r.tail++
	return number
}

// pop removes the first element; the ring must not be empty.
func (r *ring[T]) pop() (e T, number uint32) {
	number = r.head
	r.head++
	return r.elements[number&uint32(len(r.elements)-1)], number
}
