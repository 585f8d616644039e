// Package handover passes a cache on to the next process, so that a restart or
// a reload of a server loses no session. What travels is sealed: it contains the
// secrets of the sessions (see package seal).
//
// The short way is [Write] in the old process and [Read] in the next one. It is
// right if nobody uses the cache any more when Write begins, or if a session
// that was removed or taken meanwhile may come back for a moment's sake.
//
// The other way hands a cache over while it is in use, and in the end exactly
// as it is, in particular without what was taken for single use (RFC 8446,
// section 8.1) or removed after it had been written:
//
//	w, err := handover.NewWriter(pipe, ring, o)
//	err = w.Pass(ctx, cache) // long, while handshakes go on
//	...                      // accept no more; wait for the handshakes under way
//	err = w.Pass(ctx, cache) // short: what is new, has changed or is gone
//	err = w.Close()
//
// Connections that arrive between the two wait in the backlog of the listening
// socket, which the next process has as well. The reader adds nothing before
// the stream has ended, so that what a later pass takes back is never there.
//
// # What a reader can rely on
//
// A stream opens only with a key of the ring and for the name it was written
// under (Options.Name). What was tampered with, reordered, doubled or left out
// does not open, and a stream that was cut is told from one that was whole. [Read]
// then adds the sessions that were whole and authentic, or, with
// Options.AllOrNothing, none, and returns an error that wraps [ErrIncomplete].
// A cut stream may lack the pass that takes sessions back, so with single use
// AllOrNothing it must be. A whole stream that is read twice adds its sessions
// twice: the key should be this handover's own where that matters.
//
// A session keeps its id, state, scope, creation time and timeout, and whether
// it was promoted. What Session.SetExtra attached does not travel, and a
// session that is marked not resumable stays behind.
//
// # How it gets there
//
// Any io.Writer and io.Reader will do. [Pipe] and [Inherited] are for a process
// that starts its successor, [Listen] and [Dial] for one that does not.
package handover
