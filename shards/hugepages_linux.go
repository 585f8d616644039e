package shards

import (
	"syscall"
	"unsafe"
)

// From 4 MiB on an array has at least one huge page in it, wherever it begins:
// they are 2 MiB on amd64, and on arm64 with pages of 4 KiB.
const leastHuge = 4 << 20

// adviseHuge asks for huge pages, madvise(2), under the whole pages of a part of
// the heap that was allocated just now and not written yet. Bucket arrays are
// accessed at random, so that with small pages nearly every access misses the
// translation cache too. It is advice: what the system makes of it changes
// nothing but speed, so an error (no such pages, or not compiled in) is none.
//
// The advice stays with the addresses when the array is collected. The runtime
// may then hand them out again, or give them back to the system.
func adviseHuge(p unsafe.Pointer, size uintptr) {
	if size < leastHuge {
		return
	}
	page := uintptr(syscall.Getpagesize())
	skip := -uintptr(p) % page
	whole := (size - skip) / page * page
	_ = syscall.Madvise(unsafe.Slice((*byte)(unsafe.Add(p, skip)), whole), syscall.MADV_HUGEPAGE)
}
