package workload

import (
	"encoding/binary"
	"testing"

	"github.com/reprise-tls/reprise/shards"
)

func TestStartOfIDs(t *testing.T) {
	ids := NewIDs(7)
	var id [shards.MaxIDLength]byte
	ids.Put(&id, 0)
	if got := binary.LittleEndian.Uint64(id[:]); got != mix(ids.Start()) {
		t.Errorf("the first word of id 0 is %x, not what the start gives", got)
	}
}

func TestStateKinds(t *testing.T) {
	spec := testSpec(Churn)
	spec.States = StateMix{TLS13: 60, TLS12: 30, MutualTLS13: 9, MutualTLS12: 1}
	var shares [4]int
	for _, kind := range spec.StateKinds() {
		shares[kind]++
	}
	if want := [4]int{60, 30, 9, 1}; shares != want {
		t.Errorf("shares are %v, want %v", shares, want)
	}
}
