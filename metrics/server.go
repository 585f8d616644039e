package metrics

import (
	"maps"
	"slices"

	"github.com/reprise-tls/reprise/tlscache"
)

// ServerSource is what has the counters of TLS handshakes: a *tlscache.Server.
type ServerSource interface{ Stats() tlscache.Stats }

// Server returns the metrics of a server's handshakes. The label scope has the
// names that Options.Scope gave, at most tlscache.MetricScopes of them, and
// tlscache.OtherScopes for what has no place of its own.
func Server(source ServerSource) Collect {
	return func() []Sample {
		s := source.Stats()
		return append(collect(serverRows, &s), byScope(&s)...)
	}
}

const (
	serverPrefix = "reprise_tls_"

	handshakesName = serverPrefix + "handshakes_total"
	handshakesHelp = "Handshakes in which the client was accepted, by version and by whether a session was resumed"
	lookupsName    = serverPrefix + "lookups_total"
	lookupsHelp    = "Tickets that clients offered, by what became of them"
	ticketsName    = serverPrefix + "tickets_total"
	ticketsHelp    = "Tickets issued, by kind"
	offName        = serverPrefix + "tickets_off_total"
	offHelp        = "Connections whose session tickets were turned off, by reason"
	singleUseName  = serverPrefix + "single_use_total"
	singleUseHelp  = "Reservations of sessions that can be used once, by what became of them"
	epochsName     = serverPrefix + "epochs_total"
	epochsHelp     = "Changes of epochs, by which sessions are revoked, and failures to read or write them"
)

type server = tlscache.Stats

// versionAndResumed are the rows of the handshakes.
var versionAndResumed = func() (rows []row[server]) {
	for _, of := range []struct {
		version, resumed string
		value            func(*server) uint64
	}{
		{"1.2", "false", func(s *server) uint64 { return s.TLS12.Full }},
		{"1.2", "true", func(s *server) uint64 { return s.TLS12.Resumed }},
		{"1.3", "false", func(s *server) uint64 { return s.TLS13.Full }},
		{"1.3", "true", func(s *server) uint64 { return s.TLS13.Resumed }},
	} {
		r := counter(handshakesName, handshakesHelp, of.value)
		r.Labels, r.values = []string{"version", "resumed"}, []string{of.version, of.resumed}
		rows = append(rows, r)
	}
	return rows
}()

var serverRows = slices.Concat(
	versionAndResumed,
	labelled("result", map[string]row[server]{
		"hit":         counter(lookupsName, lookupsHelp, func(s *server) uint64 { return s.Lookups.Hit }),
		"miss":        counter(lookupsName, lookupsHelp, func(s *server) uint64 { return s.Lookups.Miss }),
		"malformed":   counter(lookupsName, lookupsHelp, func(s *server) uint64 { return s.Lookups.Malformed }),
		"other_scope": counter(lookupsName, lookupsHelp, func(s *server) uint64 { return s.Lookups.OtherScope }),
		"expired":     counter(lookupsName, lookupsHelp, func(s *server) uint64 { return s.Lookups.Expired }),
		"over_cap":    counter(lookupsName, lookupsHelp, func(s *server) uint64 { return s.Lookups.OverCap }),
		"reserved":    counter(lookupsName, lookupsHelp, func(s *server) uint64 { return s.Lookups.Reserved }),
		"rejected":    counter(lookupsName, lookupsHelp, func(s *server) uint64 { return s.Lookups.Rejected }),
		"unasked":     counter(lookupsName, lookupsHelp, func(s *server) uint64 { return s.Lookups.Unasked }),
	}),
	labelled("kind", map[string]row[server]{
		"stored":    counter(ticketsName, ticketsHelp, func(s *server) uint64 { return s.Tickets.Stored }),
		"renewed":   counter(ticketsName, ticketsHelp, func(s *server) uint64 { return s.Tickets.Renewed }),
		"dead":      counter(ticketsName, ticketsHelp, func(s *server) uint64 { return s.Tickets.Dead }),
		"stateless": counter(ticketsName, ticketsHelp, func(s *server) uint64 { return s.Tickets.Stateless }),
	}),
	labelled("reason", map[string]row[server]{
		"disabled":                counter(offName, offHelp, func(s *server) uint64 { return s.TicketsOff.Disabled }),
		"own_hooks":               counter(offName, offHelp, func(s *server) uint64 { return s.TicketsOff.OwnHooks }),
		"verify_peer_certificate": counter(offName, offHelp, func(s *server) uint64 { return s.TicketsOff.VerifyPeerCertificate }),
		"single_use":              counter(offName, offHelp, func(s *server) uint64 { return s.TicketsOff.SingleUse }),
		"no_certificates":         counter(offName, offHelp, func(s *server) uint64 { return s.TicketsOff.NoCertificates }),
		"bad_client_auth":         counter(offName, offHelp, func(s *server) uint64 { return s.TicketsOff.BadClientAuth }),
		"no_scope":                counter(offName, offHelp, func(s *server) uint64 { return s.TicketsOff.NoScope }),
		"too_many_scopes":         counter(offName, offHelp, func(s *server) uint64 { return s.TicketsOff.TooManyScopes }),
		"too_many_pools":          counter(offName, offHelp, func(s *server) uint64 { return s.TicketsOff.TooManyPools }),
		"scope_conflict":          counter(offName, offHelp, func(s *server) uint64 { return s.TicketsOff.ScopeConflict }),
	}),
	labelled("result", map[string]row[server]{
		"reserved":  counter(singleUseName, singleUseHelp, func(s *server) uint64 { return s.SingleUse.Reserved }),
		"confirmed": counter(singleUseName, singleUseHelp, func(s *server) uint64 { return s.SingleUse.Confirmed }),
		"released":  counter(singleUseName, singleUseHelp, func(s *server) uint64 { return s.SingleUse.Released }),
	}),
	labelled("event", map[string]row[server]{
		"revoked":    counter(epochsName, epochsHelp, func(s *server) uint64 { return s.Epochs.Revoked }),
		"adopted":    counter(epochsName, epochsHelp, func(s *server) uint64 { return s.Epochs.Adopted }),
		"published":  counter(epochsName, epochsHelp, func(s *server) uint64 { return s.Epochs.Published }),
		"unreadable": counter(epochsName, epochsHelp, func(s *server) uint64 { return s.Epochs.Unreadable }),
	}),
	[]row[server]{
		counter(serverPrefix+"early_data_refused_total", "QUIC tickets issued without the early data that was asked for", func(s *server) uint64 { return s.Tickets.EarlyDataRefused }),
		counter(serverPrefix+"scope_panics_total", "Panics of the function that names scopes", func(s *server) uint64 { return s.ScopePanics }),
	},
)

var scopeMetric = Metric{
	Name:   serverPrefix + "scope_handshakes_total",
	Help:   "Handshakes in which the client was accepted, by scope and by whether a session was resumed",
	Labels: []string{"scope", "resumed"},
}

// byScope returns the handshakes of each scope. Those of "other" are always
// there, so that the metric is.
func byScope(s *server) (samples []Sample) {
	scopes := maps.Clone(s.Scopes)
	if scopes == nil {
		scopes = map[string]tlscache.Handshakes{}
	}
	scopes[tlscache.OtherScopes] = s.Scopes[tlscache.OtherScopes]
	for _, name := range slices.Sorted(maps.Keys(scopes)) {
		h := scopes[name]
		samples = append(samples,
			Sample{Metric: &scopeMetric, LabelValues: []string{name, "false"}, Value: float64(h.Full)},
			Sample{Metric: &scopeMetric, LabelValues: []string{name, "true"}, Value: float64(h.Resumed)})
	}
	return samples
}
