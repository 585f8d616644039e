// Package bars reads runs of the load generator in Go's benchmark format,
// holds them against the bars that the engine is to clear, makes tables of
// them, and knows what must be run for that.
package bars
