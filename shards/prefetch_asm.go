//go:build amd64 || arm64

package shards

import "unsafe"

// prefetch asks the processor to have the cache line of p at hand soon. Unlike
// a load it does not keep a later atomic step waiting. p may be nil.
//
//go:noescape
func prefetch(p unsafe.Pointer)
