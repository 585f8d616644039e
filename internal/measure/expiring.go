package measure

import (
	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

// expiring is what a server has to do around a cache that knows no time: look
// at the session it found, and remove one whose time is over.
type expiring struct {
	workload.Cache
	now func() int64 // Unix seconds
}

func (c *expiring) Get(id []byte) (*shards.Session, bool) {
	s, ok := c.Cache.Get(id)
	if ok && s.Expiry(shards.DefaultTimeout) < c.now() {
		c.Remove(s)
		s.Release()
		return nil, false
	}
	return s, ok
}

// Promote tells the cache if it wants to know.
func (c *expiring) Promote(s *shards.Session) {
	if p, ok := c.Cache.(workload.Promoter); ok {
		p.Promote(s)
	}
}

// inner returns the cache of the target itself, for functions of the target.
func inner(c workload.Cache) workload.Cache {
	if e, ok := c.(*expiring); ok {
		return e.Cache
	}
	return c
}
