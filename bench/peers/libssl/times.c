// How long operations took: which are timed, and the buckets their times are
// counted in, as packages workload and latency do it.

#include <stdlib.h>

#include "internal.h"

enum { HALF_BUCKETS = 128 };

static const int64_t longest = 3600000000000; /* an hour */

static size_t bucket(int64_t nanoseconds)
{
    int shift = 63 - __builtin_clzll((uint64_t)nanoseconds | 0x80) - 7;

    return (size_t)shift * HALF_BUCKETS + (size_t)(nanoseconds >> shift);
}

void times_record(struct times *t, int64_t nanoseconds)
{
    int64_t n = nanoseconds < 0 ? 0 : nanoseconds > longest ? longest : nanoseconds;

    t->counts[bucket(n)]++;
    if (n > t->max)
        t->max = n;
}

/* Draws how many operations are not timed before the next that is. */
uint64_t times_distance(struct times *t)
{
    t->state += 0x9E3779B97F4A7C15;
    return (uint64_t)((unsigned __int128)mix(t->state) * (2 * t->every - 1) >> 64);
}

struct times *times_new(uint64_t every, uint64_t seed)
{
    struct times *t = calloc(1, sizeof(*t));

    if (t != NULL) {
        t->every = every;
        t->state = seed;
    }
    return t;
}
