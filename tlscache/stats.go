package tlscache

import "sync/atomic"

// Stats is a snapshot of a server's counters, made by [Server.Stats]. All of
// them only grow. While handshakes go on they are read one after the other, so
// sums need not come out even.
//
// The cache's own counters are in engine.Stats; it may serve several servers.
type Stats struct {
	TLS12 Handshakes // TLS 1.2 and earlier
	TLS13 Handshakes // TLS 1.3, QUIC included

	Lookups Lookups
	Tickets Tickets

	// TicketsOff counts connections whose session tickets were turned off,
	// because the config that serves them could not be installed safely.
	TicketsOff TicketsOff

	SingleUse SingleUse
	Epochs    Epochs

	// Scopes has the handshakes of the first MetricScopes scopes that were
	// given by name, and under OtherScopes those of all others. It is empty
	// where scopes are derived.
	Scopes map[string]Handshakes

	ScopePanics uint64 // panics of Options.Scope
}

// MetricScopes bounds Stats.Scopes, since each is likely to become a label of a
// metric.
const MetricScopes = 64

// OtherScopes is the key in Stats.Scopes of what has no place of its own.
const OtherScopes = "other"

// Handshakes counts handshakes at the place where crypto/tls and the config's
// VerifyConnection have accepted the client: with TLS 1.3 and when TLS 1.2
// resumes that is before the client's Finished, and some of them may yet break
// off.
type Handshakes struct {
	Full    uint64
	Resumed uint64
}

// Lookups counts what became of each ticket or PSK identity that was offered,
// in TLS 1.3 up to five a handshake. Exactly one counter counts each.
type Lookups struct {
	Hit        uint64 // given to crypto/tls, which may yet turn it down, for example for its cipher suite
	Miss       uint64 // a genuine handle without a session: evicted, removed, or another process's
	Malformed  uint64 // no handle of ours: foreign, forged, or a dead ticket
	OtherScope uint64 // a session of another scope, or of a revoked epoch
	Expired    uint64 // its lifetime, or its reuse window, was over
	OverCap    uint64 // its first authentication is too long ago
	Reserved   uint64 // single use: another handshake has it, or had it
	Rejected   uint64 // the record, or what the store returned, was not what we wrote
	Unasked    uint64 // not in memory, and this handshake had asked the store before
}

// Tickets counts the tickets that were issued.
type Tickets struct {
	Stored    uint64 // with a new session
	Renewed   uint64 // TLS 1.2: the resumed session's handle, once more
	Dead      uint64 // with none: it could not be stored, or its time was over
	Stateless uint64 // with none: StatelessTicket

	EarlyDataRefused uint64 // QUIC tickets whose early data was not kept, for want of Options.EarlyData
}

// TicketsOff counts connections by why their session tickets were turned off.
type TicketsOff struct {
	Disabled              uint64 // the config has SessionTicketsDisabled
	OwnHooks              uint64 // the config has hooks for sessions of its own
	VerifyPeerCertificate uint64 // and no Options.Scope
	SingleUse             uint64 // the config allows TLS 1.2
	NoCertificates        uint64 // ShareNames, and certificates come from GetCertificate
	BadClientAuth         uint64 // ClientAuth is no known policy
	NoScope               uint64 // Options.Scope gave no name, a too long one, or panicked
	TooManyScopes         uint64 // more than Options.MaxScopes
	TooManyPools          uint64 // more different ClientCAs than can be told apart
	ScopeConflict         uint64 // one scope name, different ClientCAs
}

// SingleUse counts reservations.
type SingleUse struct {
	Reserved  uint64 // sessions that a handshake was given
	Confirmed uint64 // of which the client proved that it knows the secret, and which were removed
	Released  uint64 // of which it did not
}

// Epochs counts what happened to epochs.
type Epochs struct {
	Revoked    uint64 // by this process
	Adopted    uint64 // later ones found in the store
	Published  uint64 // written to the store
	Unreadable uint64 // reads and writes that failed, and values that made no sense
}

type counters struct {
	handshakes  [2]handshakeCounters // TLS 1.2, TLS 1.3
	lookups     [lookupCount]atomic.Uint64
	tickets     [ticketCount]atomic.Uint64
	ticketsOff  [refusalCount]atomic.Uint64
	reserved    atomic.Uint64
	confirmed   atomic.Uint64
	released    atomic.Uint64
	revoked     atomic.Uint64
	adopted     atomic.Uint64
	published   atomic.Uint64
	unreadable  atomic.Uint64
	scopePanics atomic.Uint64
}

type handshakeCounters struct{ full, resumed atomic.Uint64 }

func (k *handshakeCounters) count(resumed bool) {
	if resumed {
		k.resumed.Add(1)
	} else {
		k.full.Add(1)
	}
}

func (k *handshakeCounters) snapshot() Handshakes {
	return Handshakes{Full: k.full.Load(), Resumed: k.resumed.Load()}
}

// lookup is what became of an identity.
type lookup uint8

const (
	lookupHit lookup = iota
	lookupMiss
	lookupMalformed
	lookupOtherScope
	lookupExpired
	lookupOverCap
	lookupReserved
	lookupRejected
	lookupUnasked
	lookupCount
)

// ticket is what a client got.
type ticket uint8

const (
	ticketStored ticket = iota
	ticketRenewed
	ticketDead
	ticketStateless
	ticketEarlyDataRefused
	ticketCount
)

// Stats returns a snapshot of the counters. It may be called at any time by
// any number of goroutines.
func (s *Server) Stats() Stats {
	k := &s.counters
	return Stats{
		TLS12: k.handshakes[0].snapshot(),
		TLS13: k.handshakes[1].snapshot(),
		Lookups: Lookups{
			Hit:        k.lookups[lookupHit].Load(),
			Miss:       k.lookups[lookupMiss].Load(),
			Malformed:  k.lookups[lookupMalformed].Load(),
			OtherScope: k.lookups[lookupOtherScope].Load(),
			Expired:    k.lookups[lookupExpired].Load(),
			OverCap:    k.lookups[lookupOverCap].Load(),
			Reserved:   k.lookups[lookupReserved].Load(),
			Rejected:   k.lookups[lookupRejected].Load(),
			Unasked:    k.lookups[lookupUnasked].Load(),
		},
		Tickets: Tickets{
			Stored:           k.tickets[ticketStored].Load(),
			Renewed:          k.tickets[ticketRenewed].Load(),
			Dead:             k.tickets[ticketDead].Load(),
			Stateless:        k.tickets[ticketStateless].Load(),
			EarlyDataRefused: k.tickets[ticketEarlyDataRefused].Load(),
		},
		TicketsOff: TicketsOff{
			Disabled:              k.ticketsOff[refusedDisabled].Load(),
			OwnHooks:              k.ticketsOff[refusedOwnHooks].Load(),
			VerifyPeerCertificate: k.ticketsOff[refusedVerifyPeer].Load(),
			SingleUse:             k.ticketsOff[refusedSingleUse].Load(),
			NoCertificates:        k.ticketsOff[refusedNoCertificates].Load(),
			BadClientAuth:         k.ticketsOff[refusedClientAuth].Load(),
			NoScope:               k.ticketsOff[refusedNoScope].Load(),
			TooManyScopes:         k.ticketsOff[refusedScopes].Load(),
			TooManyPools:          k.ticketsOff[refusedPools].Load(),
			ScopeConflict:         k.ticketsOff[refusedConflict].Load(),
		},
		SingleUse: SingleUse{
			Reserved:  k.reserved.Load(),
			Confirmed: k.confirmed.Load(),
			Released:  k.released.Load(),
		},
		Epochs: Epochs{
			Revoked:    k.revoked.Load(),
			Adopted:    k.adopted.Load(),
			Published:  k.published.Load(),
			Unreadable: k.unreadable.Load(),
		},
		Scopes:      s.scopes.snapshot(),
		ScopePanics: k.scopePanics.Load(),
	}
}
