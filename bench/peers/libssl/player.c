// A player goes through a list of operations.

#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* Plays one operation, and times it if it is its turn. */
static void step(struct player *p, uint32_t operation)
{
    if (p->until > 0) {
        play_one(p, operation, NULL);
        p->until--;
        return;
    }
    play_one(p, operation, p->times);
    p->until = times_distance(p->times);
}

/* Plays operations and times some. Returns how many it played before the bench
   stopped. */
static size_t play_some(struct player *p, const uint32_t *operations, size_t n)
{
    size_t done = 0, chunk, played;

    while (done < n && !stopped(p)) {
        if (p->until == 0) {
            step(p, operations[done++]);
            continue;
        }
        chunk = p->until < n - done ? p->until : n - done;
        played = p->play(p, operations + done, chunk);
        done += played;
        p->until -= played;
    }
    return done;
}

/* Returns how many operations come next, at most a block and at most n, and
   where they begin. Of a ring, nobody else gets them. */
static size_t next(struct player *p, uint64_t n, const uint32_t **operations)
{
    size_t end;

    if (p->ring != NULL && p->at % BLOCK == 0)
        p->at = atomic_fetch_add(&p->ring->next, 1) % (p->length / BLOCK) * BLOCK;
    else if (p->at == p->length)
        p->at = 0;
    end = p->at - p->at % BLOCK + BLOCK;
    if (end > p->length)
        end = p->length;
    *operations = p->operations + p->at;
    return n < end - p->at ? n : end - p->at;
}

/* Tells whether the slice is over. The thread that waits for the deadline says
   so in the middle of a block, but under a real-time policy it may never get a
   processor while players have all of them; so they look at the clock too. */
static int over(struct player *p)
{
    if (!stopped(p) && now() >= p->bench->deadline)
        atomic_store(&p->bench->stop, 1);
    return stopped(p);
}

/* Plays until the bench stops or as many operations were played as are left,
   but at least one. */
void player_run(struct player *p)
{
    const uint64_t most = p->left;
    const uint32_t *operations;

    while (p->left > 0 && !over(p)) {
        size_t n = next(p, p->left, &operations);

        n = play_some(p, operations, n);
        p->at += n;
        p->left -= n;
    }
    if (p->left > 0 && p->left == most) {
        next(p, 1, &operations);
        step(p, operations[0]);
        p->at++;
        p->left--;
    }
}

struct ring *ring_new(uint64_t block)
{
    struct ring *r = aligned_alloc(CACHE_LINES, sizeof(*r));

    if (r != NULL)
        atomic_init(&r->next, block);
    return r;
}

/* The version of a session is part of its key, so it takes a connection of the
   same to find it. Nothing but the version of these is ever used. */
static int make_probes(struct player *p)
{
    for (int i = 0; i < PROBES; i++) {
        p->probes[i] = SSL_new(p->bench->ctx);
        if (p->probes[i] == NULL)
            return 0;
    }
    return SSL_set_ssl_method(p->probes[PROBE_TLS12], TLSv1_2_method())
        && SSL_version(p->probes[PROBE_TLS12]) == TLS1_2_VERSION
        && SSL_version(p->probes[PROBE_TLS13]) == TLS1_3_VERSION;
}

/* Makes a player, which keeps a copy of the list and times one operation in
   every, 0 for none. */
struct player *player_new(struct bench *b, enum play play, const uint32_t *operations, size_t length,
                          struct ring *ring, uint64_t every, uint64_t seed)
{
    struct player *p = aligned_alloc(CACHE_LINES, sizeof(*p));

    if (p == NULL)
        return NULL;
    memset(p, 0, sizeof(*p));
    p->bench = b;
    p->length = length;
    p->ring = ring;
    p->play = play_function(play);
    p->until = UINT64_MAX;
    p->operations = malloc(length * sizeof(*operations));
    if (every > 0)
        p->times = times_new(every, seed);
    if (p->operations == NULL || (every > 0 && p->times == NULL) || !make_probes(p)) {
        player_free(p);
        return NULL;
    }
    if (every > 0)
        p->until = times_distance(p->times);
    memcpy(p->operations, operations, length * sizeof(*operations));
    return p;
}

/* Tells whether the object with the given number, of a pool with one object an
   id, can be looked up. */
int player_has(struct player *p, size_t key) { return look_up(p, key); }

/* The times of the operations since they were set to zero, NULL if none is
   timed. */
struct times *player_times(struct player *p) { return p->times; }

void player_free(struct player *p)
{
    for (int i = 0; i < PROBES; i++)
        SSL_free(p->probes[i]);
    free(p->operations);
    free(p->times);
    free(p);
}
