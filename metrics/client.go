package metrics

import "github.com/reprise-tls/reprise/tlscache"

// ClientSource is what has the counters of a cache of client tickets: a
// *tlscache.Client.
type ClientSource interface{ Stats() tlscache.ClientStats }

// Client returns the metrics of a client's tickets. Those of the cache that
// they are in are those of Cache(client.Cache()).
func Client(source ClientSource) Collect {
	return func() []Sample {
		s := source.Stats()
		return collect(clientRows, &s)
	}
}

const clientPrefix = "reprise_client_tickets_"

type client = tlscache.ClientStats

var clientRows = []row[client]{
	counter(clientPrefix+"offered_total", "Handshakes that were given a ticket", func(s *client) uint64 { return s.Offered }),
	counter(clientPrefix+"missed_total", "Handshakes for which there was no ticket", func(s *client) uint64 { return s.Missed }),
	counter(clientPrefix+"stored_total", "Tickets received and kept", func(s *client) uint64 { return s.Stored }),
	counter(clientPrefix+"displaced_total", "Tickets that gave way to a newer one of their endpoint", func(s *client) uint64 { return s.Displaced }),
	counter(clientPrefix+"expired_total", "Tickets removed because their time was over", func(s *client) uint64 { return s.Expired }),
	counter(clientPrefix+"dropped_total", "Tickets removed because a handshake failed or their realm was forgotten", func(s *client) uint64 { return s.Dropped }),
	counter(clientPrefix+"refused_total", "Tickets received and not kept", func(s *client) uint64 { return s.Refused }),
	counter(clientPrefix+"unusable_total", "Tickets found that could not be decoded", func(s *client) uint64 { return s.Unusable }),
}
