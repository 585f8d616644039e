package latency

import (
	"slices"
	"testing"
)

// Times that went through buckets are in no way different.
func TestBuckets(t *testing.T) {
	times := append(spread(50_000, 1), 0, 1, 127, 128, 255, 256, 257, 511, 512, 1<<20-1, 1<<20, longest-1, longest)
	var counts [Buckets]uint64
	for _, n := range times {
		counts[Bucket(n)]++
	}
	r := NewRecorder()
	r.AddBuckets(counts[:], slices.Max(times))
	if got, want := r.Summary(), recorded(times...).Summary(); *got != *want {
		t.Errorf("through buckets: %+v\nwithout: %+v", got, want)
	}
}

func TestBucketsFollowEachOther(t *testing.T) {
	for bucket := range Buckets {
		start := bucketStart(bucket)
		if Bucket(start) != bucket || bucket > 0 && Bucket(start-1) != bucket-1 {
			t.Fatalf("bucket %d begins with %d ns, which is in bucket %d; the time before in %d", bucket, start, Bucket(start), Bucket(start-1))
		}
	}
}
