//go:build !amd64 && !arm64

package shards

import "unsafe"

// prefetch would ask the processor to have the cache line of p at hand soon.
func prefetch(unsafe.Pointer) {}
