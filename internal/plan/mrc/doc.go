// Package mrc makes miss-ratio curves: several policies, sizes and lifetimes
// side by side, for one trace.
package mrc
