//go:build !invariants

package yield

import "sync"

// Enabled tells whether the functions of this package call installed hooks.
const Enabled = false

// At does nothing in this build.
func At(Point) {}

// Lane gives no lane in this build.
func Lane() (lane uint32, ok bool) { return 0, false }

// Lock locks m.
func Lock(m *sync.Mutex) { m.Lock() }
