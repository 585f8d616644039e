package measure

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// The sample trace of libCacheSim has 113,872 requests for 48,974 ids; first in,
// first out with room for 1024 of them misses 95,505, with room for all 48,974.
// The baseline evicts in that order.
func TestTheSampleTraceMissesWhatIsPublished(t *testing.T) {
	name, err := filepath.Abs("../../../shared/traces/cloudphysics-io.txt")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		t.Skip("the traces folder outside the repository is absent")
	}
	for capacity, misses := range map[int]uint64{128: 100_831, 1_024: 95_505, 50_000: 48_974} {
		s := scenarioOf(t, fmt.Sprintf("capacity: %d\ngoroutines: 1\nlifetime: fixed:10000h\ntrace: {file: %q}\nphases: [{phase: measure, for: 10m}]", capacity, name))
		i := playAll(t, sound, s, "")[0]
		if got := i.Counts.Gets - i.Counts.Hits; i.Counts.Gets != 113_872 || got != misses {
			t.Errorf("capacity %d: %d misses of %d, published %d", capacity, got, i.Counts.Gets, misses)
		}
	}
}
