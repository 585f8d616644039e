// What package libssl calls in C: a pool of sessions, the cache they go into,
// and players that work on it in threads of their own.

#ifndef BENCH_H
#define BENCH_H

#define OPENSSL_SUPPRESS_DEPRECATED

#include <stddef.h>
#include <stdint.h>
#include <openssl/ssl.h>

enum {
    ID_LENGTH = 32,
    KINDS = 100,       /* object i of a pool has kind i mod KINDS */
    BLOCK = 256,       /* operations that are taken from a list at once */
    KEY_BITS = 29,     /* of an operation: the number of an object in the pool */
    BUCKETS = 36 * 128 /* of times, see package latency */
};

/* What a player does with its operations. */
enum play { PLAY_ADDS, PLAY_CHURN, PLAY_GETS, PLAY_MIXED, PLAY_SCAN };

struct bench;
struct player;
struct ring;

/* Calls and how they came out. */
struct counts {
    uint64_t adds, added, removes, removed, gets, hits;
};

/* Times of operations, in nanoseconds. */
struct times {
    uint64_t every, state; /* which operations are timed */
    uint64_t counts[BUCKETS];
    int64_t max;
};

/* What to play: for so long, or until each player has played so many
   operations, or until the bench is stopped. */
struct length {
    int64_t nanoseconds;
    uint64_t operations; /* 0: its list once */
};

struct outcome {
    int64_t elapsed; /* nanoseconds from the release of the threads until the last was done */
    int64_t flush;   /* nanoseconds that the flush took */
    struct counts counts;
};

/* Sessions and the cache. Where nothing else is said, 1 is success. */
long bench_shortfall(void);
struct bench *bench_new(size_t objects, const uint16_t *versions, uint64_t id_start);
int bench_open(struct bench *b, long capacity);
SSL_CTX *bench_ctx(const struct bench *b);
SSL_SESSION *bench_session(const struct bench *b, size_t i);
int bench_make(struct bench *b, size_t i, const unsigned char *der, size_t der_length, const unsigned char *id,
               long timeout);
size_t bench_add(struct bench *b, size_t from, size_t to);
size_t bench_remove(struct bench *b, size_t from, size_t to);
long bench_number(const struct bench *b);
size_t bench_walk(const struct bench *b, SSL_SESSION **found, size_t room);
void bench_close(struct bench *b);
int bench_release(struct bench *b, size_t i);
void bench_free(struct bench *b);
int64_t bench_made(const struct bench *b);
int64_t bench_freed(void);
size_t bench_allocated(void);

/* Players. */
struct ring *ring_new(uint64_t block);
struct player *player_new(struct bench *b, enum play play, const uint32_t *operations, size_t length,
                          struct ring *ring, uint64_t every, uint64_t seed);
int player_has(struct player *p, size_t key);
struct times *player_times(struct player *p);
void player_free(struct player *p);
struct times *times_new(uint64_t every, uint64_t seed);
void times_record(struct times *t, int64_t nanoseconds);

/* Slices. */
int bench_play(struct bench *b, struct player **players, int count, struct length length, struct outcome *out);
void bench_play_here(struct bench *b, struct player *p, int64_t nanoseconds, struct counts *out);
int bench_flush(struct bench *b, struct player **players, int count, int64_t now, struct outcome *out);
void bench_stop(struct bench *b);

#endif
