package workload

// What drivers written in another language need, besides a stream's list of
// operations, to make the same sessions.

// Start returns the state in which SplitMix64 is before the first word of id
// number 0, for whoever computes the ids as [IDs.Put] does.
func (i IDs) Start() uint64 { return i.start }

// A StateKind is a kind of handshake that a session's state comes from.
type StateKind uint8

// The kinds, in the order of the fields of a [StateMix].
const (
	StateTLS13 StateKind = iota
	StateTLS12
	StateMutualTLS13
	StateMutualTLS12
)

// StateKinds returns the kinds of the sessions' states: object i of the pool
// has kind number i mod 100, so that each hundred objects have exactly the
// shares of the mix.
func (s Spec) StateKinds() (kinds [100]StateKind) {
	for i, kind := range stateKinds(s) {
		kinds[i] = StateKind(kind)
	}
	return kinds
}
