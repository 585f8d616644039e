// Package queueing is what the theory of queues says about a pool of servers
// with one queue, M/M/c: customers arrive independently of each other (Poisson),
// each takes a time that is distributed exponentially, and whoever finds all
// servers busy waits for the first that gets free. Here customers are
// handshakes and servers are processor cores. Real handshakes vary less than
// exponentially, so that real ones wait less: the answer is on the safe side;
// arrivals in bursts wait longer.
//
// The formulas are A. K. Erlang's ("Solution of some problems in the theory of
// probabilities of significance in automatic telephone exchanges", 1917).
//
// Functions and methods here are pure: any number of goroutines may call them.
package queueing
