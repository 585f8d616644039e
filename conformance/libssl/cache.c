// An SSL_CTX, its settings, its callbacks and its counters.

#include "libssl.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/lhash.h>

static int cache_index = -1;

__attribute__((constructor)) static void register_index(void)
{
    cache_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

static struct cache *cache_of(const SSL_CTX *ctx) { return SSL_CTX_get_ex_data(ctx, cache_index); }

static void record(struct cache *c, int kind, const SSL_SESSION *s)
{
    struct event e = { kind, UNKNOWN, 0 };

    if (s != NULL) {
        struct object *o = object_of(s);

        if (o != NULL)
            e.number = o->number;
        e.resumable = SSL_SESSION_is_resumable(s);
    }
    if (c->event_count < MAX_EVENTS)
        c->events[c->event_count] = e;
    c->event_count++;
}

static int on_new(SSL *ssl, SSL_SESSION *s)
{
    struct cache *c = cache_of(SSL_get_SSL_CTX(ssl));

    record(c, EVENT_NEW, s);
    return c->keep_new;
}

static void on_remove(SSL_CTX *ctx, SSL_SESSION *s) { record(cache_of(ctx), EVENT_REMOVE, s); }

static SSL_SESSION *on_get(SSL *ssl, const unsigned char *id, int length, int *copy)
{
    struct cache *c = cache_of(SSL_get_SSL_CTX(ssl));
    SSL_SESSION *s = c->reply == NULL ? NULL : c->reply->session;

    record(c, EVENT_GET, s);
    *copy = c->reply_copy;
    if (s != NULL && !c->reply_copy && !SSL_SESSION_up_ref(s))
        return NULL;
    return s;
}

static int on_generate_id(SSL *ssl, unsigned char *id, unsigned int *length)
{
    struct cache *c = cache_of(SSL_get_SSL_CTX(ssl));

    memcpy(id, c->next_id, c->next_id_length);
    *length = c->next_id_length;
    return 1;
}

void cache_callbacks(struct cache *c, int with_new, int with_remove, int with_get)
{
    SSL_CTX_sess_set_new_cb(c->ctx, with_new ? on_new : NULL);
    SSL_CTX_sess_set_remove_cb(c->ctx, with_remove ? on_remove : NULL);
    SSL_CTX_sess_set_get_cb(c->ctx, with_get ? on_get : NULL);
}

/* The callbacks of a cipher suite with a shared key, which needs no
   certificate and no asymmetric cryptography. */
static unsigned int psk_client(SSL *ssl, const char *hint, char *identity, unsigned int max_identity,
                               unsigned char *psk, unsigned int max_psk)
{
    strcpy(identity, "client");
    memset(psk, 7, 16);
    return 16;
}

static unsigned int psk_server(SSL *ssl, const char *identity, unsigned char *psk, unsigned int max_psk)
{
    memset(psk, 7, 16);
    return 16;
}

/* One protocol version, so that all keys in the table have the same, and what
   would add another identity to a session turned off. */
struct cache *cache_new(void)
{
    struct cache *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->ctx = SSL_CTX_new(TLSv1_2_method());
    if (c->ctx == NULL
        || !SSL_CTX_set_ex_data(c->ctx, cache_index, c)
        || !SSL_CTX_set_cipher_list(c->ctx, "PSK-AES128-CBC-SHA:@SECLEVEL=0")
        || !SSL_CTX_set_generate_session_id(c->ctx, on_generate_id)) {
        cache_free(c);
        return NULL;
    }
    SSL_CTX_set_options(c->ctx, SSL_OP_NO_TICKET | SSL_OP_NO_EXTENDED_MASTER_SECRET);
    SSL_CTX_set_psk_client_callback(c->ctx, psk_client);
    SSL_CTX_set_psk_server_callback(c->ctx, psk_server);
    c->probe = SSL_new(c->ctx);
    if (c->probe == NULL) {
        cache_free(c);
        return NULL;
    }
    return c;
}

void cache_free_ctx(struct cache *c)
{
    SSL_free(c->probe);
    SSL_CTX_free(c->ctx);
    c->probe = NULL;
    c->ctx = NULL;
}

void cache_free(struct cache *c)
{
    cache_free_ctx(c);
    free(c);
}

static void visit(void *session, void *arg)
{
    struct state *out = arg;
    struct object *o = object_of(session);

    if (out->present_count < MAX_PRESENT)
        out->present[out->present_count] = o == NULL ? UNKNOWN : o->number;
    out->present_count++;
}

void cache_state(struct cache *c, struct state *out)
{
    SSL_CTX *x = c->ctx;
    long *n = out->counters;

    out->number = SSL_CTX_sess_number(x);
    n[CONNECT] = SSL_CTX_sess_connect(x);
    n[CONNECT_GOOD] = SSL_CTX_sess_connect_good(x);
    n[CONNECT_RENEGOTIATE] = SSL_CTX_sess_connect_renegotiate(x);
    n[ACCEPT] = SSL_CTX_sess_accept(x);
    n[ACCEPT_GOOD] = SSL_CTX_sess_accept_good(x);
    n[ACCEPT_RENEGOTIATE] = SSL_CTX_sess_accept_renegotiate(x);
    n[HITS] = SSL_CTX_sess_hits(x);
    n[CB_HITS] = SSL_CTX_sess_cb_hits(x);
    n[MISSES] = SSL_CTX_sess_misses(x);
    n[TIMEOUTS] = SSL_CTX_sess_timeouts(x);
    n[CACHE_FULL] = SSL_CTX_sess_cache_full(x);
    out->present_count = 0;
    OPENSSL_LH_doall_arg((OPENSSL_LHASH *)SSL_CTX_sessions(x), visit, out);
}
