package measure

import (
	"strconv"
	"sync"

	"github.com/reprise-tls/reprise/internal/atomicfile"
)

// capture writes the ids that a scenario meets, in the order in which they are
// looked up or first added, one a line: a trace as package trace reads it. Ids
// are the generator's numbers. A nil capture writes nothing; any number of
// goroutines may use one.
type capture struct {
	mu   sync.Mutex
	file *atomicfile.File
}

func newCapture(name string) (*capture, error) {
	if name == "" {
		return nil, nil
	}
	f, err := atomicfile.Create(name)
	if err != nil {
		return nil, err
	}
	return &capture{file: f}, nil
}

// id writes one id. An error shows when the capture is closed.
func (c *capture) id(number uint64) {
	if c == nil {
		return
	}
	var line [24]byte
	text := append(strconv.AppendUint(line[:0], number, 10), '\n')
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = c.file.Write(text)
}

// close ends the file, which is there from then on, or returns an error that
// names it.
func (c *capture) close() error {
	if c == nil {
		return nil
	}
	return c.file.Commit()
}
