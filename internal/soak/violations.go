package soak

import (
	"fmt"
	"sync"
)

// maxViolations is how many violations are told one by one. What is wrong once
// is mostly wrong a million times.
const maxViolations = 20

// violations are what must not have happened. Its methods may be called by any
// number of goroutines.
type violations struct {
	found chan struct{} // closed by the first

	mu    sync.Mutex
	texts []string
	count uint64
}

func newViolations() *violations { return &violations{found: make(chan struct{})} }

// fail notes a violation. The text must not contain ids, states or scopes.
func (v *violations) fail(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.count++; v.count == 1 {
		close(v.found)
	}
	if len(v.texts) < maxViolations {
		v.texts = append(v.texts, fmt.Sprintf(format, args...))
	}
}

// list returns what was noted.
func (v *violations) list() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	texts := append([]string(nil), v.texts...)
	if more := v.count - uint64(len(texts)); more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more violations", more))
	}
	return texts
}
