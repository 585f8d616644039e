package latency

import "math/bits"

// Who measures in another language counts times in buckets that tell apart
// what a recorder does: one for each time below 256 ns, then 128 for every
// doubling.
const (
	halfBuckets = 128

	// Buckets is how many there are for times of up to an hour.
	Buckets = 36 * halfBuckets
)

// Bucket returns the number of the bucket of a time, 0 up to an hour.
func Bucket(nanoseconds int64) int {
	shift := max(bits.Len64(uint64(nanoseconds)), 8) - 8
	return shift*halfBuckets + int(nanoseconds>>shift)
}

// bucketStart returns the shortest time of a bucket.
func bucketStart(bucket int) int64 {
	shift := max(bucket/halfBuckets-1, 0)
	return int64(bucket-shift*halfBuckets) << shift
}

// AddBuckets adds the times that were counted in buckets. The longest of them
// is given as well.
func (r *Recorder) AddBuckets(counts []uint64, longestTime int64) {
	for bucket, n := range counts {
		if n == 0 {
			continue
		}
		// It fails for times above an hour, for which there is no bucket.
		_ = r.histogram.RecordValues(min(bucketStart(bucket), longest), int64(n))
	}
	r.max = max(r.max, min(longestTime, longest))
}
