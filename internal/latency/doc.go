// Package latency keeps how long operations took in HDR histograms: who
// measures has a [Recorder], and a [Summary] of it can be written as JSON, sent
// to another process and merged with others. All times are nanoseconds.
package latency
