package libssl

// #include "libssl.h"
import "C"

import "errors"

// Cache is an SSL_CTX of TLS 1.2, without tickets and extended master secrets.
// It can be a server and a client.
type Cache struct {
	c     *C.struct_cache
	reply *Session // keeps what C points at
}

// NewCache is SSL_CTX_new. Its settings are OpenSSL's defaults.
func NewCache() (*Cache, error) {
	c := C.cache_new()
	if c == nil {
		return nil, errors.New("libssl: an SSL_CTX cannot be made")
	}
	return &Cache{c: c}, nil
}

// FreeCTX is SSL_CTX_free. Of the other methods only TakeEvents and Free may
// be called after it.
func (c *Cache) FreeCTX() { C.cache_free_ctx(c.c) }

// Free frees all that is left.
func (c *Cache) Free() { C.cache_free(c.c) }

// Add is SSL_CTX_add_session.
func (c *Cache) Add(s *Session) int { return int(C.SSL_CTX_add_session(c.c.ctx, s.o.session)) }

// Remove is SSL_CTX_remove_session.
func (c *Cache) Remove(s *Session) int { return int(C.SSL_CTX_remove_session(c.c.ctx, s.o.session)) }

// Flush is SSL_CTX_flush_sessions.
func (c *Cache) Flush(t int64) { C.SSL_CTX_flush_sessions(c.c.ctx, C.long(t)) }

// SetMode is SSL_CTX_set_session_cache_mode.
func (c *Cache) SetMode(mode int) int {
	return int(C.SSL_CTX_ctrl(c.c.ctx, C.SSL_CTRL_SET_SESS_CACHE_MODE, C.long(mode), nil))
}

// Mode is SSL_CTX_get_session_cache_mode.
func (c *Cache) Mode() int {
	return int(C.SSL_CTX_ctrl(c.c.ctx, C.SSL_CTRL_GET_SESS_CACHE_MODE, 0, nil))
}

// SetSize is SSL_CTX_sess_set_cache_size.
func (c *Cache) SetSize(n int) int {
	return int(C.SSL_CTX_ctrl(c.c.ctx, C.SSL_CTRL_SET_SESS_CACHE_SIZE, C.long(n), nil))
}

// Size is SSL_CTX_sess_get_cache_size.
func (c *Cache) Size() int {
	return int(C.SSL_CTX_ctrl(c.c.ctx, C.SSL_CTRL_GET_SESS_CACHE_SIZE, 0, nil))
}

// SetTimeout is SSL_CTX_set_timeout.
func (c *Cache) SetTimeout(seconds int64) int64 {
	return int64(C.SSL_CTX_set_timeout(c.c.ctx, C.long(seconds)))
}

// Timeout is SSL_CTX_get_timeout.
func (c *Cache) Timeout() int64 { return int64(C.SSL_CTX_get_timeout(c.c.ctx)) }

// SetIDContext is SSL_CTX_set_session_id_context.
func (c *Cache) SetIDContext(sidCtx []byte) int {
	p, n := bytes(sidCtx)
	return int(C.SSL_CTX_set_session_id_context(c.c.ctx, p, n))
}

// HasMatchingSessionID is SSL_has_matching_session_id.
func (c *Cache) HasMatchingSessionID(id []byte) int {
	p, n := bytes(id)
	return int(C.SSL_has_matching_session_id(c.c.probe, p, n))
}

// SetCallbacks sets or takes away the callbacks of SSL_CTX_sess_set_new_cb,
// _remove_cb and _get_cb. TakeEvents returns their calls.
func (c *Cache) SetCallbacks(onNew, onRemove, onGet bool) {
	C.cache_callbacks(c.c, truth(onNew), truth(onRemove), truth(onGet))
}

// SetKeepNew decides what the new callback returns: 1 to keep its reference.
func (c *Cache) SetKeepNew(keep bool) { c.c.keep_new = truth(keep) }

// SetReply decides what the get callback returns: nil, or a session and
// whether the library is to take a reference of its own; if not, the callback
// takes one and hands it over.
func (c *Cache) SetReply(s *Session, copied bool) {
	c.reply = s
	c.c.reply, c.c.reply_copy = nil, truth(copied)
	if s != nil {
		c.c.reply = s.o
	}
}

// EventKind is a callback.
type EventKind int

// The callbacks.
const (
	EventNew    = EventKind(C.EVENT_NEW)
	EventRemove = EventKind(C.EVENT_REMOVE)
	EventGet    = EventKind(C.EVENT_GET)
)

// String returns "new", "remove" or "get".
func (k EventKind) String() string { return [...]string{"new", "remove", "get"}[k] }

// Event is a call of a callback with a session, for EventGet its answer.
type Event struct {
	Kind      EventKind
	Number    int // Unknown for one without a number, and for no answer
	Resumable int // SSL_SESSION_is_resumable during the call
}

// TakeEvents appends the calls since it was last called to dst.
func (c *Cache) TakeEvents(dst []Event) []Event {
	n := int(c.c.event_count)
	if n > C.MAX_EVENTS {
		panic("libssl: too many events")
	}
	for _, e := range c.c.events[:n] {
		dst = append(dst, Event{EventKind(e.kind), int(e.number), int(e.resumable)})
	}
	c.c.event_count = 0
	return dst
}

// Counters are the functions SSL_CTX_sess_...
type Counters struct {
	Number, Connect, ConnectGood, ConnectRenegotiate, Accept, AcceptGood, AcceptRenegotiate,
	Hits, CBHits, Misses, Timeouts, CacheFull int
}

// State appends the numbers of the sessions in SSL_CTX_sessions to present, in
// no particular order, and returns them with the counters.
func (c *Cache) State(present []int) (Counters, []int) {
	var out C.struct_state
	C.cache_state(c.c, &out)
	if out.present_count > C.MAX_PRESENT {
		panic("libssl: too many sessions")
	}
	for _, n := range out.present[:out.present_count] {
		present = append(present, int(n))
	}
	n := func(i int) int { return int(out.counters[i]) }
	return Counters{
		Number:  int(out.number),
		Connect: n(C.CONNECT), ConnectGood: n(C.CONNECT_GOOD), ConnectRenegotiate: n(C.CONNECT_RENEGOTIATE),
		Accept: n(C.ACCEPT), AcceptGood: n(C.ACCEPT_GOOD), AcceptRenegotiate: n(C.ACCEPT_RENEGOTIATE),
		Hits: n(C.HITS), CBHits: n(C.CB_HITS), Misses: n(C.MISSES), Timeouts: n(C.TIMEOUTS), CacheFull: n(C.CACHE_FULL),
	}, present
}

// Handshake is the outcome of a handshake of TLS 1.2.
type Handshake struct {
	Finished bool
	Reused   bool
	Number   int // of the session, Unknown for one that has none
	fresh    *C.SSL_SESSION
}

// Fresh gives the session that the handshake made a number; the caller owns a
// reference on it. It returns nil if there was none.
func (h *Handshake) Fresh(number int) *Session {
	if h.fresh == nil || C.make_resumable(h.fresh) != 1 {
		return nil
	}
	return session(C.object_adopt(h.fresh, C.int(number)))
}

// Drop drops the reference on the session that the handshake made.
func (h *Handshake) Drop() { C.SSL_SESSION_free(h.fresh) }

func handshake(ok C.int, out *C.struct_handshake) (*Handshake, error) {
	if ok == 0 {
		return nil, errors.New("libssl: a handshake cannot be set up")
	}
	h := &Handshake{Finished: out.done != 0, Reused: out.reused != 0, Number: Unknown, fresh: out.fresh}
	if out.session != nil {
		h.Number = int(out.session.number)
	}
	return h, nil
}

// Accept makes a handshake as the server of a client that offers to resume the
// session with the given id, none if it is empty. A new session gets the id
// next.
func (c *Cache) Accept(id, next []byte) (*Handshake, error) {
	c.c.next_id_length = C.uint(len(next))
	for i, b := range next {
		c.c.next_id[i] = C.uchar(b)
	}
	p, n := bytes(id)
	var out C.struct_handshake
	ok := C.cache_accept(c.c, p, n, &out)
	return handshake(ok, &out)
}

// Connect makes a handshake as a client that offers to resume a session, nil
// for none, which the server accepts or not. If not, its new session gets the
// id next.
func (c *Cache) Connect(offered *Session, accepted bool, next []byte) (*Handshake, error) {
	var o *C.struct_object
	if offered != nil {
		o = offered.o
	}
	p, n := bytes(next)
	var out C.struct_handshake
	ok := C.cache_connect(c.c, o, truth(accepted), p, n, &out)
	return handshake(ok, &out)
}
