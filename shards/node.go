package shards

import "sync/atomic"

// A node is one link of a bucket's chain. It never changes after it was
// published, so the address of a chain's first node determines the content of
// the whole chain: a compare-and-swap of a bucket's head that succeeds found
// exactly the sessions that its caller had looked at, even if the bucket held
// others in between. No node is ever pooled; the collector frees those that
// nobody can reach.
//
// A node without a session is a mark, which stands only at the head: vacant,
// closed, or, with next holding the chain, frozen or reserved.
type node struct {
	session *Session
	expiry  int64  // Unix seconds; of a mark, its kind
	hash    uint64 // of the session's id, so that a search passes by without touching the session
	next    *node
}

// Kinds of marks that hold a chain.
const (
	frozenMark   = 1 + iota // nothing changes this head any more
	reservedMark            // an AddSince is about to link to the chain
)

var (
	// vacant is the head of a bucket that is empty and has been used. A nil
	// head means something else in a table that is being migrated to: that
	// the bucket's chain is still in the old one.
	vacant = &node{}

	// closed is the head of a bucket to which nothing is linked any more.
	closed = &node{}
)

// freeze returns the mark that keeps chain as it is for ever.
func freeze(chain *node) *node { return &node{expiry: frozenMark, next: chain} }

func (n *node) isMark() bool { return n.session == nil }

func (n *node) isFrozen() bool { return n.session == nil && n.expiry == frozenMark }

// chain returns the first node of the sessions behind a head, nil if there is
// none. A frozen or reserved head still has its sessions.
func (n *node) chain() *node {
	switch {
	case n == nil || n.session != nil:
		return n
	default:
		return n.next
	}
}

// link returns a node for s in front of next: the one embedded in the session
// where its content is right.
func link(s *Session, expiry int64, next *node) *node {
	if next == nil && s.embedded.expiry == expiry {
		return &s.embedded
	}
	return &node{session: s, expiry: expiry, hash: s.embedded.hash, next: next}
}

// before returns a copy of n in front of next. Unlike link it does not touch
// the session where the copy has one behind it.
func (n *node) before(next *node) *node {
	if next == nil {
		return link(n.session, n.expiry, nil)
	}
	return &node{session: n.session, expiry: n.expiry, hash: n.hash, next: next}
}

// without returns the chain that begins at head less the node n, which must be
// part of it. It copies the nodes before n; their order does not matter.
func (head *node) without(n *node) *node {
	rest := n.next
	for m := head; m != n; m = m.next {
		rest = m.before(rest)
	}
	return rest
}

// earliest returns the node of the chain that is first in the order of
// eviction, and the hint for a bucket with that chain: nil and emptyHint if the
// chain is empty.
func (head *node) earliest() (first *node, hint uint64) {
	hint = emptyHint
	for n := head; n != nil; n = n.next {
		o := order(n.session, n.expiry)
		if isEarlier(o, hint) {
			first = n
		}
		hint = withOrder(hint, o)
	}
	return first, hint
}

// earliestOnProbation is earliest among the sessions on probation, with the
// order of the node instead of a hint.
func (head *node) earliestOnProbation() (first *node, least uint64) {
	least = emptyHint
	for n := head; n != nil; n = n.next {
		if o := order(n.session, n.expiry); o&promotedOrder == 0 && isEarlier(o, least) {
			first, least = n, o
		}
	}
	return first, least
}

// A bucket is the head of a chain and a hint at what eviction and sweeping
// would find there, so that they can pass over a bucket without touching a
// session.
type bucket struct {
	head atomic.Pointer[node]

	// hint is the least order in the chain, emptyHint if there is none, or 0
	// if that is not known; with it stands whether the chain has sessions of
	// both classes. It can be out of date: a removal leaves it as it is, so that
	// it need not touch the sessions that stay, and whoever acts on it looks at
	// the chain and corrects it. It is never later than the chain's for longer
	// than it takes its writer to notice.
	hint atomic.Uint64
}
