// Package missratio says how often a cache of a given size misses: by replaying
// a trace under several policies, exactly or from a sample of its ids, and by
// formulas for requests that follow a law.
//
// Every session has size one. A request for a session that is not there is a
// miss and adds it, as a full handshake does.
//
// Functions here are pure: any number of goroutines may call them, as long as
// nobody changes the trace meanwhile.
package missratio
