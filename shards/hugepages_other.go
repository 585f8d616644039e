//go:build !linux

package shards

import "unsafe"

// adviseHuge would ask for huge pages.
func adviseHuge(unsafe.Pointer, uintptr) {}
