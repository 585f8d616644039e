// The operations.

#include <endian.h>
#include <string.h>

#include "internal.h"

static const uint32_t key_mask = (1u << KEY_BITS) - 1;

enum code { CODE_GET, CODE_ADD, CODE_REMOVE, CODE_CHURN, CODE_RESUME };

static enum code code_of(uint32_t operation) { return operation >> KEY_BITS; }

/* Writes id number k, as workload.IDs.Put does. */
static void put_id(unsigned char id[ID_LENGTH], uint64_t start, uint64_t k)
{
    const uint64_t gamma = 0x9E3779B97F4A7C15;
    uint64_t at = start + 4 * k * gamma, words[4];

    for (int i = 0; i < 4; i++)
        words[i] = htole64(mix(at + i * gamma));
    memcpy(id, words, ID_LENGTH);
}

/* Tells whether an id is there. It takes a connection with the version of the
   session that is looked for. */
static int has(const struct player *p, size_t key, const unsigned char *id)
{
    int old = p->bench->versions[key % KINDS] == TLS1_2_VERSION;

    return SSL_has_matching_session_id(p->probes[old ? PROBE_TLS12 : PROBE_TLS13], id, ID_LENGTH);
}

int look_up(struct player *p, size_t key)
{
    unsigned char id[ID_LENGTH];

    put_id(id, p->bench->id_start, key);
    return has(p, key, id);
}

/* Looks an id up as a handshake does, see the comment on the package. */
static int get(struct player *p, size_t key, const unsigned char *id, SSL_SESSION *s)
{
    if (!has(p, key, id))
        return 0;
    if (SSL_SESSION_up_ref(s))
        SSL_SESSION_free(s);
    return 1;
}

/* Adds a new session like s, as a full handshake does, on which only the cache
   has a reference afterwards. */
static int handshake(struct player *p, SSL_SESSION *s)
{
    SSL_SESSION *made = SSL_SESSION_dup(s);
    int added;

    if (made == NULL)
        return 0;
    atomic_fetch_add_explicit(&p->bench->made, 1, memory_order_relaxed);
    added = SSL_CTX_add_session(p->bench->ctx, made);
    SSL_SESSION_free(made);
    return added;
}

/* Looks an id up and makes a handshake if nothing is there. */
static void resume(struct player *p, struct counts *c, size_t key, const unsigned char *id, SSL_SESSION *s)
{
    c->gets++;
    if (get(p, key, id, s)) {
        c->hits++;
        return;
    }
    c->adds++;
    c->added += handshake(p, s);
}

/* Finds the sessions in the pool. A caller has its session at hand, so finding
   it, often a cache miss, must not delay the operation: these loads overlap. */
static void find(const struct player *p, const uint32_t *operations, size_t n, SSL_SESSION **found)
{
    for (size_t i = 0; i < n; i++)
        found[i] = p->bench->sessions[operations[i] & key_mask];
}

static size_t play_adds(struct player *p, const uint32_t *operations, size_t n)
{
    SSL_CTX *ctx = p->bench->ctx;
    SSL_SESSION *sessions[BLOCK];
    uint64_t added = 0;
    size_t i;

    find(p, operations, n, sessions);
    for (i = 0; i < n && !stopped(p); i++)
        added += SSL_CTX_add_session(ctx, sessions[i]);
    p->counts.adds += i;
    p->counts.added += added;
    return i;
}

static size_t play_churn(struct player *p, const uint32_t *operations, size_t n)
{
    SSL_CTX *ctx = p->bench->ctx;
    SSL_SESSION *sessions[BLOCK];
    uint64_t added = 0, removed = 0;
    size_t i;

    find(p, operations, n, sessions);
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

static size_t play_gets(struct player *p, const uint32_t *operations, size_t n)
{
    unsigned char ids[IDS_AT_ONCE][ID_LENGTH];
    SSL_SESSION *sessions[BLOCK];
    uint64_t hits = 0;
    size_t i;

    find(p, operations, n, sessions);
    for (i = 0; i < n && !stopped(p); i++) {
        if (i % IDS_AT_ONCE == 0)
            for (size_t j = 0; j < IDS_AT_ONCE && i + j < n; j++)
                put_id(ids[j], p->bench->id_start, operations[i + j] & key_mask);
        hits += get(p, operations[i] & key_mask, ids[i % IDS_AT_ONCE], sessions[i]);
    }
    p->counts.gets += i;
    p->counts.hits += hits;
    return i;
}

static size_t play_mixed(struct player *p, const uint32_t *operations, size_t n)
{
    SSL_CTX *ctx = p->bench->ctx;
    SSL_SESSION *sessions[BLOCK];
    struct counts c = p->counts;
    unsigned char id[ID_LENGTH];
    size_t i;

    find(p, operations, n, sessions);
    for (i = 0; i < n && !stopped(p); i++) {
        size_t key = operations[i] & key_mask;

        switch (code_of(operations[i])) {
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

static size_t play_scan(struct player *p, const uint32_t *operations, size_t n)
{
    SSL_SESSION *sessions[BLOCK];
    struct counts c = p->counts;
    unsigned char id[ID_LENGTH];
    size_t i;

    find(p, operations, n, sessions);
    for (i = 0; i < n && !stopped(p); i++) {
        size_t key = operations[i] & key_mask;

        if (code_of(operations[i]) == CODE_ADD) {
            c.adds++;
            c.added += SSL_CTX_add_session(p->bench->ctx, sessions[i]);
            continue;
        }
        put_id(id, p->bench->id_start, key);
        resume(p, &c, key, id, sessions[i]);
    }
    p->counts = c;
    return i;
}

player_function *play_function(enum play play)
{
    switch (play) {
    case PLAY_CHURN: return play_churn;
    case PLAY_GETS: return play_gets;
    case PLAY_MIXED: return play_mixed;
    case PLAY_SCAN: return play_scan;
    case PLAY_ADDS: break;
    }
    return play_adds;
}

static void record(struct times *t, int64_t nanoseconds)
{
    if (t != NULL)
        times_record(t, nanoseconds);
}

/* Plays one operation of any code, whether the bench has stopped or not, and
   records in t, which may be NULL, how long it took. What the generator does
   for it comes before. */
void play_one(struct player *p, uint32_t operation, struct times *t)
{
    SSL_CTX *ctx = p->bench->ctx;
    struct counts *c = &p->counts;
    size_t key = operation & key_mask;
    SSL_SESSION *s = p->bench->sessions[key];
    unsigned char id[ID_LENGTH];
    int64_t begun, between;

    put_id(id, p->bench->id_start, key);
    begun = now();
    switch (code_of(operation)) {
    case CODE_ADD:
        c->adds++;
        c->added += SSL_CTX_add_session(ctx, s);
        break;
    case CODE_REMOVE:
        c->removes++;
        c->removed += SSL_CTX_remove_session(ctx, s);
        break;
    case CODE_CHURN:
        c->removes++;
        c->removed += SSL_CTX_remove_session(ctx, s);
        between = now();
        c->adds++;
        c->added += SSL_CTX_add_session(ctx, s);
        record(t, between - begun);
        begun = between;
        break;
    case CODE_RESUME:
        resume(p, c, key, id, s);
        break;
    case CODE_GET:
        c->gets++;
        c->hits += get(p, key, id, s);
        break;
    }
    record(t, now() - begun);
}
