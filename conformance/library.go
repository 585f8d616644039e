package conformance

import (
	"errors"
	"fmt"
	"slices"

	"github.com/reprise-tls/reprise/conformance/libssl"
)

// behaviour is what is not the same in all versions that the harness supports.
type behaviour struct {
	version [3]int

	// repositions: adding a session that is there makes it the youngest of its
	// expiry (3.0 to 3.6, until that was mended in 2026).
	repositions bool

	// ignoresNotResumable: a session from the get callback that is marked is
	// not resumed (since CVE-2024-2511; distributions have it in earlier
	// versions).
	ignoresNotResumable bool

	// checksID: nor is one whose id is not the one offered (2026).
	checksID bool
}

func (b behaviour) before(major, minor int) bool {
	return slices.Compare(b.version[:2], []int{major, minor}) < 0
}

// probe finds out what the library that is linked does.
func probe() (b behaviour, err error) {
	b.version = libssl.VersionNumber()
	if slices.Compare(b.version[:], []int{3, 0, 6}) < 0 || b.version[0] > 3 {
		return b, fmt.Errorf("%s is linked, supported are OpenSSL 3.0.6 to 3.6", libssl.Version())
	}
	libssl.SetTime(startTime)
	defer libssl.SetTime(0)
	c, err := libssl.NewCache()
	if err != nil {
		return b, err
	}
	defer c.Free()
	var s []*libssl.Session
	defer func() {
		for _, x := range s {
			x.Free()
		}
	}()
	for i := range 5 {
		x := libssl.NewSession(i, ids[i], nil)
		if x == nil {
			return b, errors.New("libssl refuses a session")
		}
		if s = append(s, x); x.Time() != startTime {
			return b, fmt.Errorf("libssl says that it is %d, not %d: it does not go by the clock of the tests", x.Time(), int64(startTime))
		}
	}
	c.SetCallbacks(false, true, true)
	b.repositions = evictedAfterReadd(c, s) == 1
	c.Flush(0) // marks them, but not the last two
	hits, err := hitsByReply(c, ids[0], s[0])
	b.ignoresNotResumable = hits == 0
	if err != nil {
		return b, err
	}
	hits, err = hitsByReply(c, ids[5], s[4])
	b.checksID = hits == 0
	return b, err
}

// hitsByReply returns how many hits the handshake of a client that offers an id
// makes, if the get callback returns the reply.
func hitsByReply(c *libssl.Cache, offered []byte, reply *libssl.Session) (int, error) {
	c.SetReply(reply, true)
	before, _ := c.State(nil)
	h, err := c.Accept(offered, ids[7])
	if err != nil {
		return 0, err
	}
	if h.Number == libssl.Unknown {
		h.Drop()
	}
	after, _ := c.State(nil)
	c.Flush(0)
	return after.Hits - before.Hits, nil
}

// evictedAfterReadd returns which of two sessions is evicted, the first of
// which was added again.
func evictedAfterReadd(c *libssl.Cache, s []*libssl.Session) int {
	c.SetSize(theirSize(2))
	c.Add(s[0])
	c.Add(s[1])
	c.Add(s[0])
	c.TakeEvents(nil)
	c.Add(s[2])
	if events := c.TakeEvents(nil); len(events) == 1 {
		return events[0].Number
	}
	return libssl.Unknown
}
