// Package metrics gives what a cache counts as named metrics, for whichever
// system collects them. [Cache], [Server], [Store] and [Client] return a [Collect]; package
// metrics/prometheus, a module of its own, makes a Prometheus collector of it,
// and it is itself what the standard library's expvar publishes:
//
//	expvar.Publish("session_cache", metrics.Cache(cache))
//
// Names follow the conventions of Prometheus: base units (seconds, bytes), the
// suffix _total for counters. No label has a value that a client chooses, and
// none an id, so that there are as many time series as the tables of this
// package say.
package metrics
