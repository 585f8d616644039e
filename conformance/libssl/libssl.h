// What package libssl calls in C. Each function is one or a few calls of
// OpenSSL; what a test wants to know of a callback is written down here, so
// that no callback has to enter Go.

#ifndef LIBSSL_H
#define LIBSSL_H

#define OPENSSL_SUPPRESS_DEPRECATED

#include <stdint.h>
#include <openssl/ssl.h>

#define MAX_EVENTS 256
#define MAX_PRESENT 64
#define UNKNOWN (-1) /* the number of a session that nobody has numbered */

enum event_kind { EVENT_NEW, EVENT_REMOVE, EVENT_GET };

/* A call of a callback. */
struct event {
    int kind;
    int number;    /* of the session; for EVENT_GET, of the answer */
    int resumable; /* SSL_SESSION_is_resumable during the call */
};

/* What is known of a session. It stays when the session is freed. */
struct object {
    SSL_SESSION *session;
    int number;
    int freed;
};

/* An SSL_CTX whose cache is looked at. */
struct cache {
    SSL_CTX *ctx; /* NULL once it was freed */
    SSL *probe;   /* for SSL_has_matching_session_id */

    int keep_new;         /* what the new callback returns */
    struct object *reply; /* what the get callback returns, or NULL */
    int reply_copy;
    unsigned char next_id[SSL_MAX_SSL_SESSION_ID_LENGTH]; /* of the next session made as a server */
    unsigned int next_id_length;

    struct event events[MAX_EVENTS];
    int event_count; /* counts those that did not fit, too */
};

enum counter {
    CONNECT, CONNECT_GOOD, CONNECT_RENEGOTIATE,
    ACCEPT, ACCEPT_GOOD, ACCEPT_RENEGOTIATE,
    HITS, CB_HITS, MISSES, TIMEOUTS, CACHE_FULL,
    COUNTERS
};

struct state {
    long number;
    long counters[COUNTERS];
    int present_count; /* what SSL_CTX_sessions has, those beyond MAX_PRESENT too */
    int present[MAX_PRESENT];
};

struct session_state {
    int freed;
    int resumable;
    long time;
    long timeout;
};

struct handshake {
    int done;               /* both sides have finished */
    int reused;
    struct object *session; /* of the side under test, if it was numbered */
    SSL_SESSION *fresh;     /* if not; the caller owns a reference */
};

void clock_set(int64_t seconds);
int64_t live_sessions(void);

struct cache *cache_new(void);
void cache_free_ctx(struct cache *c);
void cache_free(struct cache *c);
void cache_callbacks(struct cache *c, int with_new, int with_remove, int with_get);
void cache_state(struct cache *c, struct state *out);
int make_resumable(SSL_SESSION *s);
int cache_accept(struct cache *c, const unsigned char *id, unsigned int length, struct handshake *out);
int cache_connect(struct cache *c, struct object *offered, int accepted, const unsigned char *id,
                  unsigned int length, struct handshake *out);

struct object *object_new(int number, const unsigned char *id, unsigned int length,
                          const unsigned char *sid_ctx, unsigned int sid_ctx_length);
struct object *object_dup(struct object *o, int number);
struct object *object_adopt(SSL_SESSION *s, int number);
struct object *object_of(const SSL_SESSION *s);
void object_state(struct object **objects, int count, struct session_state *out);

#endif
