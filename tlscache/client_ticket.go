package tlscache

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"math"

	"github.com/reprise-tls/reprise/engine"
)

// The state of a client's session in the engine, version 1; integers are big
// endian.
//
//	offset  bytes
//	0       1      version, 1
//	1       1      flags: bit 0 reusable, the others 0
//	2       8      order, see Client.latest
//	10      8      last second in which it is offered, Unix seconds
//	18      4      length of the ticket
//	22             ticket, encoding of the tls.SessionState
const (
	clientTicketVersion = 1
	clientTicketHeader  = 22
	clientFlagReusable  = 1
)

// errClientTicket is what is wrong with a session that no client has made.
var errClientTicket = errors.New("tlscache: not a client's ticket")

// clientFacts are what a client looks at before it takes a ticket.
type clientFacts struct {
	order    int64
	expires  int64 // last second in which it is offered, Unix seconds
	reusable bool  // TLS 1.2 or earlier
}

func (f clientFacts) expired(now int64) bool { return now > f.expires }

// clientFactsOf returns the facts of a session. They are attached to it, since
// otherwise each look would copy the state; one that has come from another
// process has them only after the first look.
func clientFactsOf(s *engine.Session) (clientFacts, error) {
	if f, ok := s.Extra().(clientFacts); ok {
		return f, nil
	}
	b := s.AppendState(make([]byte, 0, s.StateLength()))
	defer clear(b)
	f, _, err := parseClientTicket(b)
	if err == nil {
		s.SetExtra(f)
	}
	return f, err
}

func parseClientTicket(b []byte) (f clientFacts, rest []byte, err error) {
	if len(b) < clientTicketHeader || b[0] != clientTicketVersion || b[1]&^clientFlagReusable != 0 {
		return f, nil, errClientTicket
	}
	if uint64(binary.BigEndian.Uint32(b[18:])) > uint64(len(b)-clientTicketHeader) {
		return f, nil, errClientTicket
	}
	return clientFacts{
		order:    int64(binary.BigEndian.Uint64(b[2:])),
		expires:  int64(binary.BigEndian.Uint64(b[10:])),
		reusable: b[1]&clientFlagReusable != 0,
	}, b[clientTicketHeader:], nil
}

func appendClientTicket(b []byte, f clientFacts, ticket, state []byte) []byte {
	var flags byte
	if f.reusable {
		flags |= clientFlagReusable
	}
	b = append(b, clientTicketVersion, flags)
	b = binary.BigEndian.AppendUint64(b, uint64(f.order))
	b = binary.BigEndian.AppendUint64(b, uint64(f.expires))
	b = binary.BigEndian.AppendUint32(b, uint32(len(ticket)))
	b = append(b, ticket...)
	return append(b, state...)
}

// decodeClientTicket makes what crypto/tls resumes from. It copies the state
// first, since tls.ParseSessionState keeps parts of its input: that copy is the
// handshake's, and not zeroed.
func decodeClientTicket(s *engine.Session) (*tls.ClientSessionState, error) {
	b := s.AppendState(make([]byte, 0, s.StateLength()))
	_, rest, err := parseClientTicket(b)
	if err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint32(b[18:]))
	state, err := tls.ParseSessionState(rest[n:])
	if err != nil {
		return nil, err
	}
	return tls.NewResumptionState(rest[:n:n], state)
}

// encodeClientTicket returns the state under which a session is kept, with its
// order still 0, and false if it cannot be kept.
func encodeClientTicket(cs *tls.ClientSessionState, now, lifetime int64) (f clientFacts, ticket, state []byte, ok bool) {
	ticket, session, err := cs.ResumptionState()
	if err != nil || session == nil || len(ticket) == 0 || uint64(len(ticket)) > math.MaxUint32 {
		return f, nil, nil, false
	}
	state, err = session.Bytes()
	if err != nil {
		return f, nil, nil, false
	}
	f.expires = now + lifetime
	if end := clientStateEndOf(state); end.known {
		f.reusable = end.version < tls.VersionTLS13
		f.expires = min(f.expires, end.useBy)
	}
	return f, ticket, state, true
}
