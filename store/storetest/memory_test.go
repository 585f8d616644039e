package storetest

import (
	"testing"

	"github.com/reprise-tls/reprise/engine"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) (a, b engine.Store) {
		m := new(Memory)
		return m.Client(), m.Client()
	})
}
