//go:build invariants

package shards

import (
	"fmt"
	"sync/atomic"
)

// gauge counts the sessions that are linked or about to be. It is raised
// before a session is linked and lowered after one was unlinked, so it never
// shows less than there are, and checks what Len cannot show.
type gauge struct{ n atomic.Int64 }

// raise panics when more sessions than places exist could be linked.
func (g *gauge) raise(p *places) {
	n := g.n.Add(1)
	if total := p.total.Load(); n > total {
		panic(fmt.Sprintf("shards: %d sessions linked or about to be, with %d places", n, total))
	}
}

func (g *gauge) lower() { g.n.Add(-1) }
