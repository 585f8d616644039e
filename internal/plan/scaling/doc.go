// Package scaling fits the Universal Scalability Law to measurements of
// throughput at different concurrencies and says what it implies.
//
// The law (N. Gunther, "Guerrilla Capacity Planning", 2007; his book calls its
// parameters alpha and beta) is
//
//	X(N) = λN / (1 + σ(N-1) + κN(N-1))
//
// where N is the concurrency, X the throughput, λ what one alone does, σ the
// share of work that is done one after the other (contention), and κ what
// keeping a pair consistent costs (coherency). With κ = 0 it is Amdahl's law.
//
// Functions and methods here are pure: any number of goroutines may call them.
package scaling
