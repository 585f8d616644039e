package child

import (
	"fmt"
	"sync"
)

// tail keeps the beginning and the end of what is written to it: the first
// lines of a crash say why, the last where. It may be used by several
// goroutines.
type tail struct {
	mu    sync.Mutex
	head  []byte
	rest  []byte
	wrote int
}

// tailSize is how much is kept of the beginning and of the end, in bytes.
const tailSize = 4 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wrote += len(b)
	n := min(len(b), tailSize-len(t.head))
	t.head = append(t.head, b[:n]...)
	t.rest = append(t.rest, b[n:]...)
	if excess := len(t.rest) - tailSize; excess > 0 {
		t.rest = append(t.rest[:0], t.rest[excess:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if left := t.wrote - len(t.head) - len(t.rest); left > 0 {
		return fmt.Sprintf("%s\n[%d bytes left out]\n%s", t.head, left, t.rest)
	}
	return string(t.head) + string(t.rest)
}
