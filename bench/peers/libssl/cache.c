// The pool of sessions and the SSL_CTX whose cache they go into.

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/lhash.h>

#include "internal.h"

/* Sessions of the process that libssl has freed. */
static atomic_int_fast64_t freed;

static void on_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp)
{
    (void)parent, (void)ptr, (void)ad, (void)index, (void)argl, (void)argp;
    atomic_fetch_add(&freed, 1);
}

/* An index of which no session stores anything costs a session no memory, and
   its callback runs when the last reference goes. While something is measured
   that happens to sessions only that handshakes made: the pool has one. */
__attribute__((constructor)) static void count_freed(void)
{
    SSL_SESSION_get_ex_new_index(0, NULL, NULL, NULL, on_free);
}

/* Returns how many sessions handshakes have made. */
int64_t bench_made(const struct bench *b) { return atomic_load(&b->made); }

int64_t bench_freed(void) { return atomic_load(&freed); }

/* What malloc has given out in all arenas, its own headers included, 0 if it
   does not tell. */
size_t bench_allocated(void)
{
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
    struct mallinfo2 m = mallinfo2();

    return m.uordblks + m.hblkhd;
#else
    return 0;
#endif
}

/* Makes an empty pool. versions has the protocol versions of its KINDS kinds. */
struct bench *bench_new(size_t objects, const uint16_t *versions, uint64_t id_start)
{
    struct bench *b = aligned_alloc(CACHE_LINES, sizeof(*b));
    pthread_condattr_t monotonic;

    if (b == NULL)
        return NULL;
    memset(b, 0, sizeof(*b));
    b->sessions = calloc(objects, sizeof(*b->sessions));
    if (b->sessions == NULL) {
        free(b);
        return NULL;
    }
    b->objects = objects;
    b->id_start = id_start;
    memcpy(b->versions, versions, sizeof(b->versions));
    pthread_mutex_init(&b->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&b->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return b;
}

/* Returns how many sessions less than SSL_CTX_sess_set_cache_size says are
   kept by the library that is linked, -1 if that cannot be found out. */
long bench_shortfall(void)
{
    enum { SIZE = 3, ADDS = 2 * SIZE };
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    unsigned char id[ID_LENGTH] = { 0 };
    long kept = SIZE + 1;

    if (ctx == NULL)
        return -1;
    SSL_CTX_sess_set_cache_size(ctx, SIZE);
    for (int i = 0; i < ADDS; i++) {
        SSL_SESSION *s = SSL_SESSION_new();

        id[0] = i;
        if (s == NULL || !SSL_SESSION_set1_id(s, id, sizeof(id)) || !SSL_CTX_add_session(ctx, s)) {
            SSL_SESSION_free(s);
            SSL_CTX_free(ctx);
            return -1;
        }
        SSL_SESSION_free(s);
        kept = SSL_CTX_sess_number(ctx);
    }
    SSL_CTX_free(ctx);
    return SIZE - kept;
}

/* Makes the SSL_CTX. Its mode is SSL_SESS_CACHE_SERVER alone: the flush that
   SSL_SESS_CACHE_NO_AUTO_CLEAR turns off is part of a handshake
   (ssl_update_cache), and there are none. */
int bench_open(struct bench *b, long capacity)
{
    b->ctx = SSL_CTX_new(TLS_server_method());
    if (b->ctx == NULL)
        return 0;
    SSL_CTX_set_session_cache_mode(b->ctx, SSL_SESS_CACHE_SERVER);
    SSL_CTX_sess_set_cache_size(b->ctx, capacity);
    return 1;
}

SSL_CTX *bench_ctx(const struct bench *b) { return b->ctx; }

SSL_SESSION *bench_session(const struct bench *b, size_t i) { return b->sessions[i]; }

/* Makes session i of the pool, which gets the first reference, from what
   i2d_SSL_SESSION could have written. A timeout of 0 leaves that. */
int bench_make(struct bench *b, size_t i, const unsigned char *der, size_t der_length, const unsigned char *id,
               long timeout)
{
    SSL_SESSION *s = d2i_SSL_SESSION(NULL, &der, (long)der_length);

    if (s == NULL)
        return 0;
    if (!SSL_SESSION_set1_id(s, id, ID_LENGTH) || (timeout > 0 && !SSL_SESSION_set_timeout(s, timeout))) {
        SSL_SESSION_free(s);
        return 0;
    }
    b->sessions[i] = s;
    return 1;
}

/* Adds the sessions from one up to another of the pool, in this order, and
   returns how many adds did something. */
size_t bench_add(struct bench *b, size_t from, size_t to)
{
    size_t added = 0;

    for (size_t i = from; i < to; i++)
        added += SSL_CTX_add_session(b->ctx, b->sessions[i]);
    return added;
}

/* Removes them. */
size_t bench_remove(struct bench *b, size_t from, size_t to)
{
    size_t removed = 0;

    for (size_t i = from; i < to; i++)
        removed += SSL_CTX_remove_session(b->ctx, b->sessions[i]);
    return removed;
}

long bench_number(const struct bench *b) { return SSL_CTX_sess_number(b->ctx); }

struct walk {
    SSL_SESSION **found;
    size_t room, count;
};

static void visit(void *session, void *arg)
{
    struct walk *w = arg;

    if (w->count < w->room)
        w->found[w->count] = session;
    w->count++;
}

/* Writes what the table has to found, as far as there is room, and returns how
   much it has. */
size_t bench_walk(const struct bench *b, SSL_SESSION **found, size_t room)
{
    struct walk w = { found, room, 0 };

    OPENSSL_LH_doall_arg((OPENSSL_LHASH *)SSL_CTX_sessions(b->ctx), visit, &w);
    return w.count;
}

/* Frees the SSL_CTX, and with it the cache's references. */
void bench_close(struct bench *b)
{
    SSL_CTX_free(b->ctx);
    b->ctx = NULL;
}

/* Drops the pool's reference on session i and returns how many sessions that
   freed: 1 if it was the last. */
int bench_release(struct bench *b, size_t i)
{
    int64_t before = bench_freed();

    SSL_SESSION_free(b->sessions[i]);
    b->sessions[i] = NULL;
    return (int)(bench_freed() - before);
}

/* Frees everything that is left. Players go first: they have references on the
   SSL_CTX. */
void bench_free(struct bench *b)
{
    bench_close(b);
    for (size_t i = 0; i < b->objects; i++)
        SSL_SESSION_free(b->sessions[i]);
    pthread_cond_destroy(&b->changed);
    pthread_mutex_destroy(&b->lock);
    free(b->sessions);
    free(b);
}
