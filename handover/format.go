package handover

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/seal"
)

// The stream inside the seal, version 1; integers are big endian. It begins with
// the version, 1 byte, and goes on with records:
//
//	1  kind
//	4  length of the payload
//	   payload
//
//	kind 1, session  the encoding of engine.AppendSession
//	kind 2, gone     the id of a session that is no longer in the cache, 1 to 32 bytes
//	kind 3, pass     the end of a pass: how many sessions and how many ids it had, 8 bytes each
//
// It ends, with the sealed stream, after the last pass.
const (
	formatVersion = 1
	purpose       = "handover"

	kindSession = 1
	kindGone    = 2
	kindPass    = 3

	recordHeader = 5
	passLength   = 16

	// maxRecord is the longest payload: a session of the largest state.
	maxRecord = engine.MaxStateLength + engine.MaxIDLength + engine.MaxScopeLength + 64
)

// Errors to test for with errors.Is. None contains an id, a state or a key.
var (
	// ErrIncomplete is wrapped by every error of Read for a stream that was not
	// read to its end, together with the cause.
	ErrIncomplete = errors.New("handover: incomplete")

	// ErrFormat is wrapped by the errors for a stream that is authentic and not
	// as this version writes it.
	ErrFormat = errors.New("handover: unknown format")

	// ErrDescriptor is wrapped by the errors of Inherited.
	ErrDescriptor = errors.New("handover: inherited descriptor")

	errWriterClosed = errors.New("handover: the writer is closed")
)

// Options are what writer and reader must agree on, and how to read.
type Options struct {
	// Name tells one cache's stream from another's, 0 to 65535 bytes: a stream
	// opens only under the name it was written with.
	Name string

	// AllOrNothing makes Read add nothing unless the stream is whole.
	AllOrNothing bool

	// Clock returns the time in Unix seconds, for Read to leave out what is
	// expired; nil stands for the system's.
	Clock func() int64
}

func (o *Options) associatedData() seal.AssociatedData {
	return seal.AssociatedData{Purpose: purpose, Scope: []byte(o.Name)}
}

// sessionID is an id with its length before it.
type sessionID [1 + engine.MaxIDLength]byte

func asSessionID(id []byte) (key sessionID) {
	key[0] = byte(len(id))
	copy(key[1:], id)
	return key
}

func idOf(s *engine.Session) sessionID {
	var id [engine.MaxIDLength]byte
	return asSessionID(s.AppendID(id[:0]))
}

func (id *sessionID) bytes() []byte { return id[1 : 1+id[0]] }

// beginRecord appends the header of a record, whose length endRecord sets.
func beginRecord(b []byte, kind byte) []byte { return append(b, kind, 0, 0, 0, 0) }

func endRecord(b []byte) []byte {
	binary.BigEndian.PutUint32(b[1:], uint32(len(b)-recordHeader))
	return b
}

func formatError(format string, a ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrFormat}, a...)...)
}
