package engine

import (
	"encoding/binary"
	"fmt"
)

// The encoding of a session, version 1; integers are big endian.
//
//	offset  bytes
//	0       1      version, 1
//	1       1      flags: bit 0 promoted, the others 0
//	2       1      length of the id, 1 to 32
//	3       1      length of the scope, 0 to 32
//	4       8      created, Unix seconds, two's complement
//	12      8      timeout, seconds, 0 to 2^63-1
//	20      4      length of the state, 0 to 2^24-1
//	24             id, scope, state; nothing follows
//
// There is one encoding of a session, and whatever else decodes to none.
const (
	encodingVersion = 1
	encodingHeader  = 24
	flagPromoted    = 1
)

func encodedLength(s *Session) int {
	return encodingHeader + MaxIDLength + MaxScopeLength + s.StateLength()
}

// AppendSession appends the encoding of s to dst: its id, scope, creation
// time, timeout, whether it is promoted, and its state. byDefault is the
// timeout, in seconds, that is written for a session that has none of its own.
// The caller needs a reference on s. The result contains secrets; it is
// neither encrypted nor authenticated.
func AppendSession(dst []byte, s *Session, byDefault int64) []byte {
	var id [MaxIDLength]byte
	scope := s.Scope().Bytes()
	timeout := s.Timeout()
	if timeout == 0 {
		timeout = byDefault
	}
	var flags byte
	if s.Promoted() {
		flags |= flagPromoted
	}
	n := len(s.AppendID(id[:0]))
	dst = append(dst, encodingVersion, flags, byte(n), byte(len(scope)))
	dst = binary.BigEndian.AppendUint64(dst, uint64(s.Created()))
	dst = binary.BigEndian.AppendUint64(dst, uint64(timeout))
	dst = binary.BigEndian.AppendUint32(dst, uint32(s.StateLength()))
	dst = append(dst, id[:n]...)
	dst = append(dst, scope...)
	return s.AppendState(dst)
}

// ParseSession makes a new session from what AppendSession wrote. It copies
// what it needs of b. The caller owns the first reference. It fails, with an
// error that wraps [ErrEncoding], for anything that AppendSession would not
// have written, also for a whole encoding followed by more.
func ParseSession(b []byte) (*Session, error) {
	if len(b) < encodingHeader {
		return nil, fmt.Errorf("%w: %d bytes, the header has %d", ErrEncoding, len(b), encodingHeader)
	}
	if b[0] != encodingVersion {
		return nil, fmt.Errorf("%w: version %d, known is %d", ErrEncoding, b[0], encodingVersion)
	}
	if b[1]&^flagPromoted != 0 {
		return nil, fmt.Errorf("%w: flags %#x, known are %#x", ErrEncoding, b[1], flagPromoted)
	}
	idLength, scopeLength := int(b[2]), int(b[3])
	stateLength := binary.BigEndian.Uint32(b[20:])
	body := b[encodingHeader:]
	if int64(len(body)) != int64(idLength)+int64(scopeLength)+int64(stateLength) {
		return nil, fmt.Errorf("%w: %d bytes after the header, which announces %d", ErrEncoding,
			len(body), int64(idLength)+int64(scopeLength)+int64(stateLength))
	}
	scope, err := NewScope(body[idLength : idLength+scopeLength])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEncoding, err)
	}
	s, err := NewSession(body[:idLength], body[idLength+scopeLength:], SessionOptions{
		Scope:    scope,
		Created:  int64(binary.BigEndian.Uint64(b[4:])),
		Timeout:  int64(binary.BigEndian.Uint64(b[12:])),
		Promoted: b[1]&flagPromoted != 0,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEncoding, err)
	}
	return s, nil
}
