// Package scenario describes what a load generator does over time: phases, and
// the traffic in them, which is operations drawn by laws, a population of
// clients that come back, or a trace. A [Scenario] is read from a YAML file,
// which docs/workloads.md documents, and what follows from it, times included,
// is the same on any machine for the same seed.
//
// There are two times. The clock is the one that sessions and clients live by;
// it runs faster than the time that passes by [Scenario.Speedup], so that
// returns after hours are played in a minute. All times of the traffic, gaps
// and lifetimes, are the clock's; those of phases are time that passes.
package scenario
