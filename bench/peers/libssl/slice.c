// Threads and the clock.

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* Flushes, and ends the slice with it. */
static void flush(struct player *p)
{
    int64_t begun = now();

    SSL_CTX_flush_sessions(p->bench->ctx, p->flush_at);
    p->flush = now() - begun;
    atomic_store(&p->bench->stop, 1);
}

static void *run(void *arg)
{
    struct player *p = arg;
    struct bench *b = p->bench;
    int64_t ended;

    pthread_mutex_lock(&b->lock);
    b->ready++;
    pthread_cond_broadcast(&b->changed);
    while (!b->released)
        pthread_cond_wait(&b->changed, &b->lock);
    pthread_mutex_unlock(&b->lock);

    if (p->flushes)
        flush(p);
    else
        player_run(p);
    ended = now();

    pthread_mutex_lock(&b->lock);
    if (ended > b->ended)
        b->ended = ended;
    b->running--;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
    return NULL;
}

/* Starts a thread that gets no signals: those of the Go runtime are none of
   its business and would delay it. */
static int start(pthread_t *thread, struct player *p)
{
    sigset_t all, before;
    int e;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    e = pthread_create(thread, NULL, run, p);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return e;
}

static void add_counts(struct counts *to, const struct counts *c)
{
    to->adds += c->adds;
    to->added += c->added;
    to->removes += c->removes;
    to->removed += c->removed;
    to->gets += c->gets;
    to->hits += c->hits;
}

static void wait_until_ready(struct bench *b, int count)
{
    while (b->ready < count)
        pthread_cond_wait(&b->changed, &b->lock);
}

/* Waits until all threads have finished, somebody has stopped them, or the
   deadline has come. */
static void wait_until(struct bench *b, int64_t deadline)
{
    struct timespec t = { deadline / 1000000000, deadline % 1000000000 };

    while (b->running > 0 && !atomic_load(&b->stop))
        if (pthread_cond_timedwait(&b->changed, &b->lock, &t) == ETIMEDOUT)
            return;
}

/* Has the threads of all players begin at the same time, and waits for the
   last. Returns 0 or why a thread could not be started. */
static int race(struct bench *b, struct player **players, int count, int64_t nanoseconds, struct outcome *out)
{
    pthread_t *threads = calloc(count, sizeof(*threads));
    int started, e = 0;
    int64_t begun;

    memset(out, 0, sizeof(*out));
    if (threads == NULL)
        return ENOMEM;
    b->ready = b->released = 0;
    b->ended = 0;
    b->running = count;
    atomic_store(&b->stop, 0);
    for (started = 0; started < count; started++) {
        memset(&players[started]->counts, 0, sizeof(players[started]->counts));
        e = start(&threads[started], players[started]);
        if (e != 0)
            break;
    }

    pthread_mutex_lock(&b->lock);
    if (e != 0)
        atomic_store(&b->stop, 1);
    wait_until_ready(b, started);
    begun = now();
    b->deadline = begun + nanoseconds;
    b->released = 1;
    pthread_cond_broadcast(&b->changed);
    wait_until(b, b->deadline);
    atomic_store(&b->stop, 1);
    pthread_mutex_unlock(&b->lock);

    for (int i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
        add_counts(&out->counts, &players[i]->counts);
    }
    out->elapsed = b->ended - begun;
    free(threads);
    return e;
}

int bench_play(struct bench *b, struct player **players, int count, struct length length, struct outcome *out)
{
    for (int i = 0; i < count; i++) {
        players[i]->flushes = 0;
        players[i]->left = length.operations == 0 ? players[i]->length : length.operations;
    }
    return race(b, players, count, length.nanoseconds, out);
}

/* Plays in the thread that calls, with nobody who stops it. */
void bench_play_here(struct bench *b, struct player *p, int64_t nanoseconds, struct counts *out)
{
    atomic_store(&b->stop, 0);
    b->deadline = now() + nanoseconds;
    p->left = UINT64_MAX;
    memset(&p->counts, 0, sizeof(p->counts));
    player_run(p);
    *out = p->counts;
}

/* Has the first player flush what has expired at a time, in Unix seconds, while
   the others play. */
int bench_flush(struct bench *b, struct player **players, int count, int64_t at, struct outcome *out)
{
    int e;

    for (int i = 0; i < count; i++) {
        players[i]->flushes = i == 0;
        players[i]->flush_at = at;
        players[i]->left = UINT64_MAX;
    }
    e = race(b, players, count, INT64_MAX / 2, out);
    out->flush = players[0]->flush;
    return e;
}

/* Ends the slice that is being played. Any thread may call it. */
void bench_stop(struct bench *b)
{
    pthread_mutex_lock(&b->lock);
    atomic_store(&b->stop, 1);
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
}
