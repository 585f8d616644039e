package trace

import (
	"errors"
	"fmt"
	"io"
	"math"
	"time"
)

// A Numbering gives ids numbers, from 0, in the order in which they first
// appear. The zero Numbering is ready; one goroutine at a time may use it.
type Numbering struct{ numbers map[string]uint32 }

// Number returns the number of the id. There may be 2^32-1 different ones; one
// more is an error.
func (n *Numbering) Number(id []byte) (uint32, error) {
	if k, known := n.numbers[string(id)]; known {
		return k, nil
	}
	if len(n.numbers) == math.MaxUint32 {
		return 0, fmt.Errorf("more than %d different ids", uint32(math.MaxUint32))
	}
	if n.numbers == nil {
		n.numbers = make(map[string]uint32)
	}
	k := uint32(len(n.numbers))
	n.numbers[string(id)] = k
	return k, nil
}

// Len returns how many different ids were numbered.
func (n *Numbering) Len() int { return len(n.numbers) }

// A Trace is a whole trace in memory: 4 bytes a request, 12 with times.
type Trace struct {
	IDs      []uint32        // numbers of the ids, in the order of the requests
	Times    []time.Duration // of the requests; nil: the trace has none
	Distinct int             // IDs are below it
}

// Load reads the rest of a trace. An empty one is an error.
func Load(r Reader, name string) (*Trace, error) {
	var (
		t         Trace
		numbering Numbering
		q         Request
	)
	for {
		err := r.Read(&q)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		k, err := numbering.Number(q.ID)
		if err != nil {
			return nil, fmt.Errorf("%s: request %d: %w", name, len(t.IDs)+1, err)
		}
		t.IDs = append(t.IDs, k)
		if r.Timed() {
			t.Times = append(t.Times, q.Time)
		}
	}
	if len(t.IDs) == 0 {
		return nil, fmt.Errorf("%s: %w: it has no requests", name, ErrMalformed)
	}
	t.Distinct = numbering.Len()
	return &t, nil
}

// LoadFile opens a trace, reads it whole and closes it.
func LoadFile(name string, o Options) (t *Trace, err error) {
	f, err := Open(name, o)
	if err != nil {
		return nil, err
	}
	defer func() {
		if e := f.Close(); err == nil && e != nil {
			t, err = nil, e
		}
	}()
	return Load(f, name)
}
