// What the C files share and cgo need not see.

#ifndef INTERNAL_H
#define INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdalign.h>

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
    atomic_int stop; /* set once, at the end of a slice */

    /* Of the slice that is being played. */
    alignas(CACHE_LINES) pthread_mutex_t lock;
    pthread_cond_t changed; /* goes by CLOCK_MONOTONIC */
    int ready;              /* threads that wait for the release */
    int released;
    int running;            /* threads that have not finished */
    int64_t ended;          /* when the last to finish did */
};

/* Of a list that all players share: the number of the block that nobody has
   taken. */
struct ring {
    alignas(CACHE_LINES) atomic_uint_fast64_t next;
};

enum { PROBE_TLS13, PROBE_TLS12, PROBES };

struct player {
    struct bench *bench;
    size_t (*play)(struct player *p, const uint32_t *operations, SSL_SESSION **sessions, size_t n);
    uint32_t *operations;
    size_t length;
    struct ring *ring; /* NULL: the list is this player's own */
    SSL *probes[PROBES]; /* for SSL_has_matching_session_id */

    /* Written by the player's thread. */
    alignas(CACHE_LINES) size_t at;
    uint64_t left; /* operations that it may still play */
    struct counts counts;
    alignas(CACHE_LINES) char end[1];
};

static inline int64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void player_run(struct player *p);

#endif
