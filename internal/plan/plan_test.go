package plan

import (
	"context"
	"testing"
)

var examples = []string{"edge-pop", "corporate-mtls", "mobile-api"}

func example(t *testing.T, name string) Spec {
	t.Helper()
	s, err := Load("../../examples/plans/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRehearseExamples(t *testing.T) {
	for _, name := range examples {
		t.Run(name, func(t *testing.T) {
			s := example(t, name)
			m := newModel(&s, 0)
			capacity, ok := m.smallest(s.Resumption)
			a := m.residence(capacity)
			t.Logf("capacity %v %v, residence %v, ceiling %+v", capacity, ok, a, m.unevicted())
			r, err := Rehearse(context.Background(), s, int(capacity), Rehearsal{Handshakes: 700_000, Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%+v %+v", r, r.WithStore)
			if !r.OK() {
				t.Errorf("off by %v", r.Off())
			}
		})
	}
}
