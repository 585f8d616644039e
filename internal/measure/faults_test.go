package measure

import (
	"iter"
	"os"
	"sync/atomic"

	"github.com/reprise-tls/reprise/bench/baseline"
	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

// faulty is a sound cache whose methods a test can bend. What is nil is sound.
type faulty struct {
	workload.Cache
	calls atomic.Int64

	add       func(c *faulty, s *shards.Session) bool
	remove    func(c *faulty, s *shards.Session) bool
	get       func(c *faulty, id []byte) (*shards.Session, bool)
	length    func(c *faulty) int
	all       func(c *faulty) iter.Seq[*shards.Session]
	closeFunc func(c *faulty)
	flush     func(c *faulty, now int64) int
}

// now reports whether this call is the one in 500 that goes wrong, not among
// the first, which may be needed to fill the cache.
func (c *faulty) now() bool {
	n := c.calls.Add(1)
	return n > 2_000 && n%500 == 0
}

func (c *faulty) Add(s *shards.Session) bool {
	if c.add != nil {
		return c.add(c, s)
	}
	return c.Cache.Add(s)
}

func (c *faulty) Remove(s *shards.Session) bool {
	if c.remove != nil {
		return c.remove(c, s)
	}
	return c.Cache.Remove(s)
}

func (c *faulty) Get(id []byte) (*shards.Session, bool) {
	if c.get != nil {
		return c.get(c, id)
	}
	return c.Cache.Get(id)
}

func (c *faulty) Len() int {
	if c.length != nil {
		return c.length(c)
	}
	return c.Cache.Len()
}

func (c *faulty) All() iter.Seq[*shards.Session] {
	if c.all != nil {
		return c.all(c)
	}
	return c.Cache.All()
}

func (c *faulty) Close() {
	if c.closeFunc != nil {
		c.closeFunc(c)
		return
	}
	c.Cache.Close()
}

// Flush removes what is expired, one by one.
func (c *faulty) Flush(now int64) int {
	if c.flush != nil {
		return c.flush(c, now)
	}
	var expired []*shards.Session
	for s := range c.Cache.All() {
		if now > s.Expiry(shards.DefaultTimeout) {
			expired = append(expired, s)
		}
	}
	n := 0
	for _, s := range expired {
		if c.Cache.Remove(s) {
			n++
		}
	}
	return n
}

// bent returns a target whose caches are bent by f.
func bent(name string, f func(*faulty)) Target {
	return Target{Name: name, Doc: "for tests", Flushes: true, New: func(capacity int) (workload.Cache, error) {
		c := &faulty{Cache: baseline.NewMutex(capacity)}
		f(c)
		return c, nil
	}}
}

var sound = bent("sound", func(*faulty) {})

var idle = Target{Name: "null", Null: true, New: func(int) (workload.Cache, error) { return baseline.Null{}, nil }}

// testTargets are what the copies of the test binary know.
func testTargets() []Target {
	forever := make(chan struct{})
	loses := bent("forgetful", forgetful)
	loses.Loses = "it forgets"
	return []Target{
		sound,
		idle,
		loses,
		bent("other", func(*faulty) {}),
		bent("unbounded", func(*faulty) {}),
		bent("leaks", func(c *faulty) {
			c.add = func(c *faulty, s *shards.Session) bool {
				if c.now() {
					s.Acquire()
				}
				return c.Cache.Add(s)
			}
		}),
		bent("hangs", func(c *faulty) {
			c.remove = func(c *faulty, s *shards.Session) bool {
				if c.calls.Add(1) > 1_000 {
					<-forever
				}
				return c.Cache.Remove(s)
			}
		}),
		bent("panics", func(c *faulty) {
			c.remove = func(c *faulty, s *shards.Session) bool {
				if c.calls.Add(1) > 1_000 {
					panic("the target went wrong")
				}
				return c.Cache.Remove(s)
			}
		}),
		bent("killed", func(c *faulty) {
			c.remove = func(c *faulty, s *shards.Session) bool {
				if c.calls.Add(1) == 1_000 {
					self, err := os.FindProcess(os.Getpid())
					if err == nil {
						err = self.Kill()
					}
					if err != nil {
						panic(err)
					}
				}
				return c.Cache.Remove(s)
			}
		}),
		bent("prints", func(c *faulty) {
			c.remove = func(c *faulty, s *shards.Session) bool {
				if c.calls.Add(1) == 1_000 {
					if _, err := os.Stdout.WriteString("debug: here I am\n"); err != nil {
						panic(err)
					}
				}
				return c.Cache.Remove(s)
			}
		}),
		{Name: "refuses", Doc: "for tests", New: func(int) (workload.Cache, error) { return nil, os.ErrInvalid }},
	}
}
