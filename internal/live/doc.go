// Package live shows a scenario on a whole terminal while it is played: the
// throughput of each target with its last minute as a sparkline, hits,
// latencies, occupancy, evictions, the collector and steal, the phase, and the
// time left. A [View] makes the text, a [Screen] has the terminal.
package live
