package tlscache

import (
	"crypto/x509"
	"sync"
)

// maxPools bounds how many different pools are told apart. Each is kept.
const maxPools = 256

// pools gives equal pools of certificates the same number. CertPool shows
// nothing of what it contains but whether it equals another, so numbers mean
// nothing outside of one server.
type pools struct {
	mu    sync.RWMutex
	known []*x509.CertPool // copies: the caller's may change
}

// number returns the number of a pool, 0 for none, and false if there are too
// many.
func (p *pools) number(pool *x509.CertPool) (int, bool) {
	if pool == nil {
		return 0, true
	}
	p.mu.RLock()
	n := p.find(pool)
	p.mu.RUnlock()
	if n > 0 {
		return n, true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := p.find(pool); n > 0 {
		return n, true
	}
	if len(p.known) == maxPools {
		return 0, false
	}
	p.known = append(p.known, pool.Clone())
	return len(p.known), true
}

func (p *pools) find(pool *x509.CertPool) int {
	for i, known := range p.known {
		if known.Equal(pool) {
			return i + 1
		}
	}
	return 0
}
