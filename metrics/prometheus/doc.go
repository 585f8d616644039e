// Package prometheus makes Prometheus collectors of the metrics of this
// project. It is a module of its own, so that the library does not depend on
// client_golang.
//
//	collector, err := prometheus.New("edge", metrics.Cache(cache))
//	registry.MustRegister(collector)
//
// Several caches are told apart by the label cache, the name given to [New].
// docs/grafana-dashboard.json shows what there is.
package prometheus
