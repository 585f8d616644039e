package conformance

import (
	"testing"

	"github.com/reprise-tls/reprise/conformance/libssl"
	"github.com/reprise-tls/reprise/engine"
)

// Sequences that once showed a difference, reduced.
var found = []struct {
	name string
	size int
	do   func(*pair)
}{
	{
		// The stamps of sessions that were added without a bound were not in
		// order with the others.
		name: "order of equal expiry, the bound taken away and set again",
		size: 6,
		do: func(p *pair) {
			p.SetSize(0)
			p.Add(p.New(0, 0, p.now, 10))
			p.SetSize(6)
			p.Add(p.New(1, 0, p.now, 10))
			p.SetSize(0)
			p.Add(p.New(2, 0, p.now, 10))
			p.Flush(0)
		},
	},
}

func TestFound(t *testing.T) {
	b := mustProbe(t)
	for _, f := range found {
		for _, table := range []engine.TableKind{engine.LockFree, engine.XSync} {
			t.Run(f.name+"/"+table.String(), func(t *testing.T) {
				p, err := newPair(config{subject: genuine{}, table: table, size: f.size}, b, newTally())
				if err != nil {
					t.Fatal(err)
				}
				defer p.close()
				f.do(p)
				p.Finish(true)
				if p.problem != "" {
					t.Error(p.report())
				}
			})
		}
	}
	if n := libssl.LiveSessions(); n != 0 && !t.Failed() {
		t.Errorf("libssl has %d sessions left", n)
	}
}
