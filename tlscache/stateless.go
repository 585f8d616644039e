package tlscache

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"slices"
)

// A stateless ticket carries in SessionState.Extra what a session in the cache
// has beside its state: an entry of its own, found by its first bytes, since
// other layers may have entries too.
//
//	offset  bytes
//	0       8      "reprise" and a version, 1
//	8       32     scope
//	40      8      time of the first authentication, Unix seconds
//	48      8      last second at which it is valid, Unix seconds
var statelessTag = []byte("reprise\x01")

const (
	statelessLength = 8 + 32 + 8 + 8

	// maxStateless keeps a ticket well within the 2^16-1 bytes that fit.
	maxStateless = 32 << 10
)

// sealStateless returns a stateless ticket, or a dead one.
func (h *handshake) sealStateless(cs tls.ConnectionState, ss *tls.SessionState, firstAuth, expiry int64) ([]byte, ticket) {
	entry := append(make([]byte, 0, statelessLength), statelessTag...)
	entry = append(entry, h.scopeFor(cs.Version).Bytes()...)
	entry = binary.BigEndian.AppendUint64(entry, uint64(firstAuth))
	entry = binary.BigEndian.AppendUint64(entry, uint64(expiry))
	others := ss.Extra
	ss.Extra = append(slices.Clip(others), entry)
	label, err := h.keys.EncryptTicket(cs, ss)
	ss.Extra = others
	if err != nil || len(label) > maxStateless {
		return deadTicket(), ticketDead
	}
	return label, ticketStateless
}

// openStateless opens a stateless ticket and checks all that the cache would
// have checked.
func (h *handshake) openStateless(identity []byte, cs tls.ConnectionState) (*tls.SessionState, lookup) {
	s := h.server
	ss, err := h.keys.DecryptTicket(identity, cs)
	if err != nil || ss == nil {
		return nil, lookupMalformed
	}
	i := slices.IndexFunc(ss.Extra, func(e []byte) bool {
		return len(e) == statelessLength && bytes.HasPrefix(e, statelessTag)
	})
	if i < 0 {
		return nil, lookupMalformed // encrypted with our keys, but not by us
	}
	entry := ss.Extra[i]
	firstAuth := int64(binary.BigEndian.Uint64(entry[40:]))
	expiry := int64(binary.BigEndian.Uint64(entry[48:]))
	now := s.cache.Now()
	switch {
	case !bytes.Equal(entry[8:40], h.scopeFor(cs.Version).Bytes()):
		return nil, lookupOtherScope
	case now > expiry:
		return nil, lookupExpired
	case firstAuth < now-s.absolute:
		return nil, lookupOverCap
	}
	ss.EarlyData = false
	h.resumed.firstAuth, h.resumed.ok = firstAuth, true
	return ss, lookupHit
}
