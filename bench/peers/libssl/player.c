// A player goes through a list of operations.

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { KEY_MASK = (1 << KEY_BITS) - 1 };

enum code { CODE_GET = 0 << KEY_BITS, CODE_ADD = 1 << KEY_BITS, CODE_REMOVE = 2 << KEY_BITS };

/* Ids, as workload.IDs.Put makes them. */

static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

static void put_id(unsigned char id[ID_LENGTH], uint64_t start, uint64_t k)
{
    const uint64_t gamma = 0x9E3779B97F4A7C15;
    uint64_t at = start + 4 * k * gamma, words[4];

    for (int i = 0; i < 4; i++)
        words[i] = htole64(mix(at + i * gamma));
    memcpy(id, words, ID_LENGTH);
}

/* An operation may take milliseconds, where an add walks a list, so every loop
   looks before each of them whether the slice is over. */
static int stopped(const struct player *p)
{
    return atomic_load_explicit(&p->bench->stop, memory_order_relaxed);
}

static SSL *probe_of(const struct player *p, size_t key)
{
    return p->probes[p->bench->versions[key % KINDS] == TLS1_2_VERSION ? PROBE_TLS12 : PROBE_TLS13];
}

/* Looks an id up as a handshake does, see the comment on the package. */
static int get(struct player *p, size_t key, const unsigned char *id, SSL_SESSION *s)
{
    if (!SSL_has_matching_session_id(probe_of(p, key), id, ID_LENGTH))
        return 0;
    if (SSL_SESSION_up_ref(s))
        SSL_SESSION_free(s);
    return 1;
}

static size_t play_adds(struct player *p, const uint32_t *operations, SSL_SESSION **sessions, size_t n)
{
    SSL_CTX *ctx = p->bench->ctx;
    uint64_t added = 0;
    size_t i;

    (void)operations;
    for (i = 0; i < n && !stopped(p); i++)
        added += SSL_CTX_add_session(ctx, sessions[i]);
    p->counts.adds += i;
    p->counts.added += added;
    return i;
}

static size_t play_churn(struct player *p, const uint32_t *operations, SSL_SESSION **sessions, size_t n)
{
    SSL_CTX *ctx = p->bench->ctx;
    uint64_t added = 0, removed = 0;
    size_t i;

    (void)operations;
    for (i = 0; i < n && !stopped(p); i++) {
        removed += SSL_CTX_remove_session(ctx, sessions[i]);
        added += SSL_CTX_add_session(ctx, sessions[i]);
    }
    p->counts.removes += i;
    p->counts.adds += i;
    p->counts.removed += removed;
    p->counts.added += added;
    return i;
}

enum { IDS_AT_ONCE = 32 };

static size_t play_gets(struct player *p, const uint32_t *operations, SSL_SESSION **sessions, size_t n)
{
    unsigned char ids[IDS_AT_ONCE][ID_LENGTH];
    uint64_t hits = 0;
    size_t i;

    for (i = 0; i < n && !stopped(p); i++) {
        if (i % IDS_AT_ONCE == 0)
            for (size_t j = 0; j < IDS_AT_ONCE && i + j < n; j++)
                put_id(ids[j], p->bench->id_start, operations[i + j] & KEY_MASK);
        hits += get(p, operations[i] & KEY_MASK, ids[i % IDS_AT_ONCE], sessions[i]);
    }
    p->counts.gets += i;
    p->counts.hits += hits;
    return i;
}

static size_t play_mixed(struct player *p, const uint32_t *operations, SSL_SESSION **sessions, size_t n)
{
    SSL_CTX *ctx = p->bench->ctx;
    struct counts c = p->counts;
    size_t i;

    for (i = 0; i < n && !stopped(p); i++) {
        uint32_t key = operations[i] & KEY_MASK;
        unsigned char id[ID_LENGTH];

        switch (operations[i] & ~(uint32_t)KEY_MASK) {
        case CODE_ADD:
            c.adds++;
            c.added += SSL_CTX_add_session(ctx, sessions[i]);
            break;
        case CODE_REMOVE:
            c.removes++;
            c.removed += SSL_CTX_remove_session(ctx, sessions[i]);
            break;
        default:
            c.gets++;
            put_id(id, p->bench->id_start, key);
            c.hits += get(p, key, id, sessions[i]);
        }
    }
    p->counts = c;
    return i;
}

/* Returns how many operations come next, at most a block and at most n, and
   where they begin. Of a ring, nobody else gets them. */
static size_t next(struct player *p, uint64_t n, const uint32_t **operations)
{
    size_t rest;

    if (p->ring != NULL && p->at % BLOCK == 0)
        p->at = atomic_fetch_add(&p->ring->next, 1) % (p->length / BLOCK) * BLOCK;
    else if (p->at == p->length)
        p->at = 0;
    rest = BLOCK - p->at % BLOCK;
    *operations = p->operations + p->at;
    return n < rest ? n : rest;
}

/* Plays until the bench stops or as many operations were played as are left. */
void player_run(struct player *p)
{
    while (p->left > 0 && !stopped(p)) {
        SSL_SESSION *found[BLOCK];
        const uint32_t *operations;
        size_t n = next(p, p->left, &operations);

        /* A caller has its session at hand, so finding it in the pool, often a
           cache miss, must not delay the operation: these loads overlap. */
        for (size_t i = 0; i < n; i++)
            found[i] = p->bench->sessions[operations[i] & KEY_MASK];
        n = p->play(p, operations, found, n);
        p->at += n;
        p->left -= n;
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

/* Makes a player, which keeps a copy of the list. */
struct player *player_new(struct bench *b, enum play play, const uint32_t *operations, size_t length,
                          struct ring *ring)
{
    struct player *p = aligned_alloc(CACHE_LINES, sizeof(*p));

    if (p == NULL)
        return NULL;
    memset(p, 0, sizeof(*p));
    p->bench = b;
    p->length = length;
    p->ring = ring;
    switch (play) {
    case PLAY_ADDS: p->play = play_adds; break;
    case PLAY_CHURN: p->play = play_churn; break;
    case PLAY_GETS: p->play = play_gets; break;
    case PLAY_MIXED: p->play = play_mixed; break;
    }
    p->operations = malloc(length * sizeof(*operations));
    if (p->operations == NULL || !make_probes(p)) {
        player_free(p);
        return NULL;
    }
    memcpy(p->operations, operations, length * sizeof(*operations));
    return p;
}

/* Tells whether the object with the given number, of the pool with one object
   an id, can be looked up. */
int player_has(struct player *p, size_t key)
{
    unsigned char id[ID_LENGTH];

    put_id(id, p->bench->id_start, key);
    return SSL_has_matching_session_id(probe_of(p, key), id, ID_LENGTH);
}

void player_free(struct player *p)
{
    for (int i = 0; i < PROBES; i++)
        SSL_free(p->probes[i]);
    free(p->operations);
    free(p);
}
