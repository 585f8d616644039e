// Package history makes time series of committed runs and finds where they
// changed.
//
// A run is a file in Go's benchmark format. Runs are in the order of their
// files' names, which begin with the date. A series has one benchmark and unit,
// one machine (package fingerprint) and one configuration: figures that differ
// in any of these are no series. Each run is a point, the median of its
// figures.
//
// A change that is wanted, or known, is accepted in a file beside the runs
// ([ReadAccepted]) and shown with its reason from then on.
package history
