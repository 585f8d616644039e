package lincheck

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"

	"github.com/reprise-tls/reprise/shards"
)

// layout says how ids lie to each other in a table. The top bits of a hash
// choose the shard, the low bits the bucket.
type layout uint8

const (
	spread     layout = iota // anywhere
	sameShard                // in one shard of tables with up to 256
	sameBucket               // and there in one bucket of arrays with up to 64
	sameGrown                // and up to 1024
	layouts
)

// mask returns the bits of their hashes in which the ids agree.
func (l layout) mask() uint64 {
	const shard = 0xff << 56
	return [...]uint64{0, shard, shard | 63, shard | 1023}[l]
}

// idsOf returns n ids of a layout; nearby ones are returned again. All ids of
// all layouts but spread are in one shard, so that growing it moves them all.
func idsOf(l layout, rng *rand.Rand, n int) [][]byte {
	pool := idPools[l]()
	ids := make([][]byte, n)
	for i, j := range rng.Perm(len(pool))[:n] {
		ids[i] = pool[j]
	}
	return ids
}

var idPools = [layouts]func() [][]byte{
	spread:     sync.OnceValue(func() [][]byte { return findIDs(spread, 0, 16) }),
	sameShard:  sync.OnceValue(func() [][]byte { return findIDs(sameShard, 0, 16) }),
	sameBucket: sync.OnceValue(func() [][]byte { return findIDs(sameBucket, 0, 8) }),
	sameGrown:  sync.OnceValue(func() [][]byte { return findIDs(sameGrown, 0, 6) }),
}

// findIDs counts up from an id until it has met n whose hashes are 0 where the
// layout says.
func findIDs(l layout, from uint64, n int) (ids [][]byte) {
	var id [shards.MaxIDLength]byte
	for i := from; len(ids) < n; i++ {
		binary.BigEndian.PutUint64(id[:], i)
		if shards.Hash(id[:])&l.mask() == 0 {
			ids = append(ids, append([]byte(nil), id[:]...))
		}
	}
	return ids
}

// The sessions that only fill a table, so that it grows or evicts. They live
// as long as the process, which keeps a reference on each, and are in one
// table after the other.
var (
	// growers fill the shard of the ids: enough for three doublings of its
	// array.
	growers = sync.OnceValue(func() []*shards.Session { return fillers(sameShard, 600) })

	// crowders fill the bucket of the ids: enough to meet shards.MaxChain.
	crowders = sync.OnceValue(func() []*shards.Session { return fillers(sameBucket, shards.MaxChain+8) })
)

func fillers(l layout, n int) []*shards.Session {
	var list []*shards.Session
	for _, id := range findIDs(l, 1<<63, n) {
		list = append(list, mustSession(id, nil, shards.SessionOptions{Created: 1, Timeout: math.MaxInt64}))
	}
	return list
}

func mustSession(id, state []byte, o shards.SessionOptions) *shards.Session {
	s, err := shards.NewSession(id, state, o)
	if err != nil {
		panic(err)
	}
	return s
}

// fillersHeld returns an error if a filler is referenced by more than the list
// that it is in: some table has not let go of it.
func fillersHeld() error {
	for _, list := range [][]*shards.Session{growers(), crowders()} {
		for _, s := range list {
			if n := s.References(); n != 1 {
				return fmt.Errorf("a filler has %d references after all tables were closed, not 1", n)
			}
		}
	}
	return nil
}
