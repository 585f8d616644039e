package golang

import (
	"fmt"
	"strings"
	"testing"

	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/workload"
)

// Every peer runs every workload it supports. What is wrong then with one that
// is known to lose sessions is told as a loss; with any other nothing is.
//
// Goroutines race only for peers that can stand it: what others do to
// references then may show anywhere later.
func TestPeersRunEveryWorkload(t *testing.T) {
	for _, target := range Targets() {
		for _, kind := range workload.Kinds() {
			if target.Supports(kind) != nil {
				continue
			}
			t.Run(fmt.Sprintf("%s/%s", target.Name, kind), func(t *testing.T) {
				goroutines := []int{1, 3}
				switch {
				case target.Loses != "":
					goroutines = []int{1}
				case kind.MinGoroutines() > 1:
					goroutines = []int{2, 3}
				}
				m, err := measure.Open(target, workload.Spec{
					Kind: kind, Sessions: 200, Keys: kind.DefaultKeys(), Mix: workload.DefaultMix, Objects: workload.DefaultObjects,
					Flood: workload.DefaultFlood, States: workload.StateMix{TLS13: 100}, Seed: 1,
				}, measure.Options{Goroutines: goroutines})
				if err != nil {
					t.Fatal(err)
				}
				for _, g := range goroutines {
					m.Play(g, 3_000)
				}
				f := m.Finish()
				for _, wrong := range f.Violations {
					t.Error(wrong)
				}
				if len(f.Losses) > 0 {
					t.Log(strings.Join(f.Losses, "; "))
					if target.Loses == "" {
						t.Error("it has lost something and is not known to")
					}
				}
			})
		}
	}
}
