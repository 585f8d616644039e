//go:build invariants

package shards

import (
	"fmt"
	"sync/atomic"
)

// gauge counts the sessions that are linked or about to be. It is raised
// before a session is linked and lowered after one was unlinked, so it never
// shows less than there are, and checks what Len cannot show.
type gauge struct {
	n         atomic.Int64
	shrinking atomic.Uint64
}

// raise panics when more sessions than places exist could be linked.
func (g *gauge) raise(p *places) {
	g.n.Add(1)
	for {
		shrinking := g.shrinking.Load()
		n, total := g.n.Load(), p.total.Load()
		switch {
		case n <= total:
			return
		case shrinking == g.shrinking.Load():
			panic(fmt.Sprintf("shards: %d sessions linked or about to be, with %d places", n, total))
		}
		// The count is from before places vanished, and so were sessions.
	}
}

func (g *gauge) lower() { g.n.Add(-1) }

// shrink is called before places vanish.
func (g *gauge) shrink() { g.shrinking.Add(1) }
