// What the C files share and cgo need not see.

#ifndef INTERNAL_H
#define INTERNAL_H

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <time.h>

#include "bench.h"

/* Two, for the processor fetches lines in pairs. */
#define CACHE_LINES 128

struct bench {
    /* Read by every operation, written by none. */
    SSL_CTX *ctx;
    SSL_SESSION **sessions; /* NULL where the pool has no session any more */
    size_t objects;
    uint64_t id_start;
    uint16_t versions[KINDS];
    int64_t deadline; /* of the slice that is being played */
    atomic_int stop;  /* set once, at the end of a slice */

    /* Of the slice that is being played. */
    alignas(CACHE_LINES) pthread_mutex_t lock;
    pthread_cond_t changed; /* goes by CLOCK_MONOTONIC */
    int ready;              /* threads that wait for the release */
    int released;
    int running;            /* threads that have not finished */
    int64_t ended;          /* when the last to finish did */

    /* Sessions that handshakes made, which are not in the pool. */
    alignas(CACHE_LINES) atomic_int_fast64_t made;
};

/* Of a list that all players share: the number of the block that nobody has
   taken. */
struct ring {
    alignas(CACHE_LINES) atomic_uint_fast64_t next;
};

enum { PROBE_TLS13, PROBE_TLS12, PROBES };

struct player;

/* Plays operations until the bench stops and returns how many it played. */
typedef size_t player_function(struct player *p, const uint32_t *operations, size_t n);

struct player {
    struct bench *bench;
    player_function *play;
    uint32_t *operations;
    size_t length;
    struct ring *ring;   /* NULL: the list is this player's own */
    SSL *probes[PROBES]; /* for SSL_has_matching_session_id */
    struct times *times; /* NULL: no operation is timed */

    int flushes;         /* it does not play but flush, at this time: */
    int64_t flush_at;    /* Unix seconds */

    /* Written by the player's thread. */
    alignas(CACHE_LINES) size_t at;
    uint64_t left;  /* operations that it may still play */
    uint64_t until; /* operations until the next that is timed */
    struct counts counts;
    int64_t flush; /* nanoseconds */
    alignas(CACHE_LINES) char end[1];
};

static inline int64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The output function of SplitMix64. */
static inline uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

/* An operation may take milliseconds, where an add walks a list, so before
   each of them is looked whether the slice is over. */
static inline int stopped(const struct player *p)
{
    return atomic_load_explicit(&p->bench->stop, memory_order_relaxed);
}

player_function *play_function(enum play play);
void play_one(struct player *p, uint32_t operation, struct times *t);
int look_up(struct player *p, size_t key);
void player_run(struct player *p);
uint64_t times_distance(struct times *t);

#endif
