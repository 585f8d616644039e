package golang

import "github.com/reprise-tls/reprise/shards"

// A link is what a map has for a hash: a session, what else there is to know of
// it, and in next the other sessions whose ids have that hash, nearly always
// none. The zero link has no session. A link never changes once it is in a map.
//
// So a map can be keyed by the hash that every session carries, which neither
// hashes nor copies an id, and still tell all ids apart.
type link[A any] struct {
	note    A // first, where it takes no room if it has no size
	session *shards.Session
	next    *link[A]
}

// withID returns the session with the id, nil if there is none.
func (l *link[A]) withID(id []byte) *shards.Session {
	for ; l != nil && l.session != nil; l = l.next {
		if l.session.HasID(id) {
			return l.session
		}
	}
	return nil
}

// sameID returns the session with the id of s, nil if there is none.
func (l *link[A]) sameID(s *shards.Session) *shards.Session {
	for ; l != nil && l.session != nil; l = l.next {
		if sameID(l.session, s) {
			return l.session
		}
	}
	return nil
}

// with returns the link in which s has taken the place of old, which has its
// id, or is one more if old is nil.
func (l link[A]) with(s, old *shards.Session, note A) link[A] {
	switch {
	case l.session == nil || l.session == old && l.next == nil:
		return link[A]{note: note, session: s}
	case old == nil:
		return link[A]{note: note, session: s, next: l.onHeap()}
	}
	return link[A]{note: note, session: s, next: l.without(old).onHeap()}
}

// without returns the link that lacks s, the zero link if nothing is left.
func (l link[A]) without(s *shards.Session) link[A] {
	switch {
	case l.session == s && l.next == nil:
		return link[A]{}
	case l.session == s:
		return *l.next
	case l.next == nil:
		return l
	}
	return link[A]{note: l.note, session: l.session, next: l.next.without(s).onHeap()}
}

// onHeap returns nil for the zero link. It is apart so that only those links
// go to the heap that have to.
func (l link[A]) onHeap() *link[A] {
	if l.session == nil {
		return nil
	}
	return &l
}

// each calls yield for the sessions until it returns false, and reports
// whether it never did.
func (l *link[A]) each(yield func(*shards.Session) bool) bool {
	for ; l != nil && l.session != nil; l = l.next {
		if !yield(l.session) {
			return false
		}
	}
	return true
}

// ofNote returns the session with a note, nil if there is none.
func ofNote[A comparable](l *link[A], note A) *shards.Session {
	for ; l != nil && l.session != nil; l = l.next {
		if l.note == note {
			return l.session
		}
	}
	return nil
}
