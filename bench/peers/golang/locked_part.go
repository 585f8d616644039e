package golang

import "github.com/reprise-tls/reprise/shards"

// What is done under the mutex of a part.

// position is where a session is.
type position struct {
	bucket uint64
	place  int
}

// find looks for the session with the id of s.
func (c *Locked) find(s *shards.Session) (at position, found *shards.Session) {
	hash := s.Hash()
	i := c.home(hash)
	for range c.each {
		b := &c.buckets[i]
		word := b.word.Load()
		for m := matches(word, tagOf(hash)); m != 0; m &= m - 1 {
			place := first(m)
			if x := b.sessions[place].Load(); x != nil && sameID(x, s) {
				return position{i, place}, x
			}
		}
		if !more(word) {
			break
		}
		i = c.behind(i)
	}
	return position{}, nil
}

type outcome int

const (
	linked  outcome = iota
	refused         // the session itself is there, or it cannot be added
	noPlace         // nothing changed: all places belong to other parts
)

// addTo adds s to its part; with hasPlace the caller has a place for it. The
// caller drops the reference of the session that had to go.
func (c *Locked) addTo(p *part, s *shards.Session, hasPlace bool) (dropped *shards.Session, o outcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, found := c.find(s)
	if found == s || p.closed || !s.Acquire() {
		return nil, refused
	}
	if found != nil {
		if hasPlace {
			c.spare.giveBack()
		}
		c.put(p, at, s)
		return found, linked
	}
	switch {
	case uint64(p.count) == c.each*perBucket:
		// All buckets of the part are full, as ids can be chosen.
		if hasPlace {
			c.spare.giveBack()
		}
		dropped = c.removeOldest(p)
	case hasPlace:
	case p.places > 0:
		p.places--
	case c.spare.take():
	case p.count > 0:
		dropped = c.removeOldest(p)
	default:
		// s is in its caller's hands, so this is not the last reference.
		s.Release()
		return nil, noPlace
	}
	c.insert(p, s)
	return dropped, linked
}

// insert puts s into the first free place from its home on.
func (c *Locked) insert(p *part, s *shards.Session) {
	i := c.home(s.Hash())
	for {
		b := &c.buckets[i]
		if place := b.free(); place >= 0 {
			c.put(p, position{i, place}, s)
			p.count++
			return
		}
		b.word.Add(oneBehind)
		i = c.behind(i)
	}
}

// put stores s as the youngest.
func (c *Locked) put(p *part, at position, s *shards.Session) {
	if p.ages.full() {
		c.forget(p)
	}
	c.buckets[at.bucket].put(at.place, s, uint16(p.ages.push(uint32(at.bucket))))
}

// forget takes out of a full ring what has left the part. Sessions get new
// ages in the same order: the ring is walked once around, and what is kept is
// never more than what was popped.
func (c *Locked) forget(p *part) {
	for range p.ages.elements {
		bucket, number := p.ages.pop()
		b := &c.buckets[bucket]
		if i := b.ofAge(uint16(number)); i >= 0 {
			b.ages[i] = uint16(p.ages.push(bucket))
		}
	}
}

// drop takes out the session at a position. Its reference and its place are
// the caller's.
func (c *Locked) drop(p *part, at position) *shards.Session {
	place := &c.buckets[at.bucket].sessions[at.place]
	s := place.Load()
	place.Store(nil)
	for i := c.home(s.Hash()); i != at.bucket; i = c.behind(i) {
		c.buckets[i].word.Add(-oneBehind & (1<<64 - 1))
	}
	p.count--
	return s
}

// removeOldest drops the oldest session of a part that is not empty.
func (c *Locked) removeOldest(p *part) *shards.Session {
	for {
		bucket, number := p.ages.pop()
		if i := c.buckets[bucket].ofAge(uint16(number)); i >= 0 {
			return c.drop(p, position{uint64(bucket), i})
		}
	}
}

// placeFromOthers takes a place from a part other than p and reports whether
// it found one: while places pass from one goroutine to another, there may be
// none for a moment.
func (c *Locked) placeFromOthers(p *part) bool {
	for i := range c.parts {
		other := &c.parts[i]
		if other == p {
			continue
		}
		found, dropped := c.placeFrom(other)
		if dropped != nil {
			dropped.Release()
		}
		if found {
			return true
		}
	}
	return false
}

func (c *Locked) placeFrom(p *part) (found bool, dropped *shards.Session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.places > 0:
		p.places--
		return true, nil
	case p.count > 0:
		return true, c.removeOldest(p)
	}
	return false, nil
}

// flushPart drops what is expired from part number n and appends it to due.
func (c *Locked) flushPart(n int, now int64, due []*shards.Session) []*shards.Session {
	p := &c.parts[n]
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := uint64(n) * c.each; i < uint64(n+1)*c.each; i++ {
		for place := range perBucket {
			s := c.buckets[i].sessions[place].Load()
			if s == nil || now <= s.Expiry(shards.DefaultTimeout) {
				continue
			}
			due = append(due, c.drop(p, position{i, place}))
			c.spare.giveBack()
		}
	}
	return due
}
