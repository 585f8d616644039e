package engine

import (
	"fmt"
	"strings"
)

// Mode says what a cache does by itself: the SSL_SESS_CACHE_* flags of
// SSL_CTX_set_session_cache_mode(3), with their values and effects.
//
// A mode rules only what happens in handshakes (Resume, HandshakeFinished,
// Issued), apart from NoAutoClear and UpdateTime, which rule Add. Whatever the
// mode, Add, Get, Take and Remove work on the internal table, as
// SSL_CTX_add_session and SSL_CTX_remove_session do; and Resume looks sessions
// up even with Off, as OpenSSL's server does.
type Mode uint32

// The modes. Client, Server and the rest combine by |.
const (
	// Off keeps no session of a handshake. Lookups still happen.
	Off Mode = 0x0

	// Client keeps sessions that this process negotiated as a client.
	Client Mode = 0x1

	// Server keeps sessions that this process negotiated as a server. It is
	// the default of OpenSSL's SSL_CTX_new and of [Defaults].
	Server Mode = 0x2

	// Both is Client and Server.
	Both = Client | Server

	// NoAutoClear keeps adds and handshakes from sweeping expired sessions
	// out. They then leave when a lookup meets them, when their place is
	// needed, or by Flush.
	NoAutoClear Mode = 0x80

	// NoInternalLookup makes Resume ask only Callbacks.Get and the Store.
	NoInternalLookup Mode = 0x100

	// NoInternalStore keeps handshakes, and hits of Callbacks.Get and of the
	// Store, from adding to the internal table. Add ignores it, so that an
	// application can choose what becomes resumable.
	NoInternalStore Mode = 0x200

	// NoInternal is NoInternalLookup and NoInternalStore.
	NoInternal = NoInternalLookup | NoInternalStore

	// UpdateTime makes Add set the session's creation time to now, also if
	// that very session is in the cache already (OpenSSL 3.0 and later).
	UpdateTime Mode = 0x400
)

const allModes = Both | NoAutoClear | NoInternal | UpdateTime

// String returns the flags as words, for example "server|no-auto-clear".
func (m Mode) String() string {
	if m == Off {
		return "off"
	}
	var words []string
	for _, f := range [...]struct {
		mode Mode
		word string
	}{
		{Both, "both"}, {Client, "client"}, {Server, "server"},
		{NoAutoClear, "no-auto-clear"},
		{NoInternal, "no-internal"}, {NoInternalLookup, "no-internal-lookup"}, {NoInternalStore, "no-internal-store"},
		{UpdateTime, "update-time"},
	} {
		if m&f.mode == f.mode {
			words = append(words, f.word)
			m &^= f.mode
		}
	}
	if m != 0 {
		words = append(words, fmt.Sprintf("%#x", uint32(m)))
	}
	return strings.Join(words, "|")
}

// has reports whether all bits of flag are set.
func (m Mode) has(flag Mode) bool { return m&flag == flag }

// Role is the part this process plays in a handshake.
type Role uint32

// The roles. Each has the value of the Mode that keeps its sessions.
const (
	RoleClient = Role(Client)
	RoleServer = Role(Server)
)
