package tlscache

import (
	"crypto/tls"
	"encoding/binary"

	"github.com/reprise-tls/reprise/engine"
)

// What the engine keeps as the state of a session, version 1; integers are big
// endian.
//
//	offset  bytes
//	0       1      version, 1
//	1       1      flags, 0
//	2       8      time of the first authentication, Unix seconds, two's complement
//	10             the session as tls.SessionState.Bytes encodes it
//
// The first authentication is the full handshake that the session goes back to.
// Scope, creation and timeout are the engine session's own; the scope contains
// the epoch. crypto/tls may change its encoding between Go versions; what does
// not parse costs a full handshake.
const (
	recordVersion = 1
	recordHeader  = 10
)

// appendRecord appends a record to dst.
func appendRecord(dst []byte, firstAuth int64, state []byte) []byte {
	dst = append(dst, recordVersion, 0)
	dst = binary.BigEndian.AppendUint64(dst, uint64(firstAuth))
	return append(dst, state...)
}

// readRecord makes a SessionState of its own from a session's record, and
// reports whether it could. The caller needs a reference on s.
//
// Each use gets a copy of the bytes and a parse of its own: ParseSessionState
// keeps parts of its input, which the engine zeroes with the last reference,
// and QUIC's session events let applications change the SessionState.
func readRecord(s *engine.Session) (ss *tls.SessionState, firstAuth int64, ok bool) {
	record := s.AppendState(make([]byte, 0, s.StateLength()))
	if len(record) < recordHeader || record[0] != recordVersion || record[1] != 0 {
		return nil, 0, false
	}
	ss, err := tls.ParseSessionState(record[recordHeader:])
	if err != nil {
		return nil, 0, false // a foreign or truncated value, or another Go version's
	}
	return ss, int64(binary.BigEndian.Uint64(record[2:])), true
}
