package shards

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"unsafe"
)

// A large array of buckets is advised to lie on huge pages, if the system has
// any: the kernel shows that by the flag hg of the mapping.
func TestLargeArraysAreAdvisedHuge(t *testing.T) {
	slots := newSlots(2 * leastHuge / int(unsafe.Sizeof(bucket{})))
	middle := uintptr(unsafe.Pointer(&slots[len(slots)/2]))
	_, err := os.Stat("/sys/kernel/mm/transparent_hugepage")
	if got, want := strings.Contains(mappingFlags(t, middle)+" ", " hg "), err == nil; got != want {
		t.Errorf("the array is advised to huge pages: %v, the system has them: %v", got, want)
	}
	slots[0].hint.Store(1) // it is the heap's as before
	if slots[0].hint.Load() != 1 {
		t.Error("the array cannot be written")
	}
}

// mappingFlags returns what proc_pid_smaps(5) calls VmFlags, of the mapping that
// has an address.
func mappingFlags(t *testing.T, address uintptr) string {
	t.Helper()
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	within := false
	for line := range strings.Lines(string(smaps)) {
		var from, to uintptr
		if n, _ := fmt.Sscanf(line, "%x-%x ", &from, &to); n == 2 {
			within = from <= address && address < to
		}
		if flags, ok := strings.CutPrefix(line, "VmFlags:"); ok && within {
			return strings.TrimRight(flags, "\n")
		}
	}
	t.Fatal("no mapping has the address")
	return ""
}
