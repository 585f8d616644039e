// Handshakes of TLS 1.2 in memory, between the cache under test and a peer.

#include "libssl.h"

#include <string.h>
#include <openssl/bio.h>
#include <openssl/err.h>

/* The other side of every handshake. Its own cache is off; as a server it
   resumes what its get callback returns. */
static struct cache *peer;

static struct cache *need_peer(void)
{
    if (peer == NULL) {
        peer = cache_new();
        if (peer != NULL) {
            SSL_CTX_set_session_cache_mode(peer->ctx, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
            cache_callbacks(peer, 0, 0, 1);
        }
    }
    return peer;
}

/* All sessions of the tests have this master key, so that whoever knows the id
   can resume. */
static const unsigned char master_key[48] = { 1 };

int make_resumable(SSL_SESSION *s)
{
    static const unsigned char psk_aes128_cbc_sha[] = { 0x00, 0x8c };

    return need_peer() != NULL
        && SSL_SESSION_set1_master_key(s, master_key, sizeof(master_key))
        && SSL_SESSION_set_protocol_version(s, TLS1_2_VERSION)
        && SSL_SESSION_set_cipher(s, SSL_CIPHER_find(peer->probe, psk_aes128_cbc_sha));
}

/* Returns what the peer has of a session with the given id. */
static SSL_SESSION *counterpart(const unsigned char *id, unsigned int length)
{
    SSL_SESSION *s = SSL_SESSION_new();

    if (s != NULL && SSL_SESSION_set1_id(s, id, length) && make_resumable(s))
        return s;
    SSL_SESSION_free(s);
    return NULL;
}

/* Returns 1 if the side has finished or waits for the other, 0 if it failed. */
static int advance(SSL *ssl)
{
    int n = SSL_do_handshake(ssl);

    return n == 1 || SSL_get_error(ssl, n) == SSL_ERROR_WANT_READ;
}

static int shake_hands(SSL *client, SSL *server)
{
    BIO *a, *b;

    if (!BIO_new_bio_pair(&a, 0, &b, 0))
        return 0;
    SSL_set_bio(client, a, a);
    SSL_set_bio(server, b, b);
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    for (int i = 0; i < 10; i++) {
        if (!advance(client) || !advance(server))
            return 0;
        if (SSL_is_init_finished(client) && SSL_is_init_finished(server))
            return 1;
    }
    return 0;
}

static void report(SSL *ssl, struct handshake *out)
{
    SSL_SESSION *s = SSL_get1_session(ssl);

    out->reused = SSL_session_reused(ssl);
    out->session = object_of(s);
    if (out->session != NULL)
        SSL_SESSION_free(s);
    else
        out->fresh = s;
}

/* Without this SSL_free would remove the session: it takes a connection that
   was not closed for a broken one. */
static void hang_up(SSL *ssl)
{
    if (ssl == NULL)
        return;
    SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(ssl);
}

int cache_accept(struct cache *c, const unsigned char *id, unsigned int length, struct handshake *out)
{
    SSL *client = NULL, *server = SSL_new(c->ctx);
    SSL_SESSION *offer = NULL;
    int ok = 0;

    memset(out, 0, sizeof(*out));
    if (server == NULL || need_peer() == NULL || (client = SSL_new(peer->ctx)) == NULL)
        goto end;
    if (length != 0) {
        offer = counterpart(id, length);
        if (offer == NULL || !SSL_set_session(client, offer))
            goto end;
    }
    ok = 1;
    out->done = shake_hands(client, server);
    if (out->done)
        report(server, out);
end:
    ERR_clear_error();
    hang_up(client);
    hang_up(server);
    SSL_SESSION_free(offer);
    return ok;
}

int cache_connect(struct cache *c, struct object *offered, int accepted, const unsigned char *id,
                  unsigned int length, struct handshake *out)
{
    SSL *client = SSL_new(c->ctx), *server = NULL;
    struct object known = { NULL, UNKNOWN, 0 };
    int ok = 0;

    memset(out, 0, sizeof(*out));
    if (client == NULL || need_peer() == NULL || (server = SSL_new(peer->ctx)) == NULL)
        goto end;
    memcpy(peer->next_id, id, length);
    peer->next_id_length = length;
    peer->event_count = 0;
    if (offered != NULL) {
        unsigned int n;
        const unsigned char *known_id = SSL_SESSION_get_id(offered->session, &n);

        if (!SSL_set_session(client, offered->session))
            goto end;
        if (accepted) {
            known.session = counterpart(known_id, n);
            if (known.session == NULL)
                goto end;
            peer->reply = &known;
            peer->reply_copy = 1;
        }
    }
    ok = 1;
    out->done = shake_hands(client, server);
    if (out->done)
        report(client, out);
end:
    ERR_clear_error();
    hang_up(client);
    hang_up(server);
    if (peer != NULL)
        peer->reply = NULL;
    SSL_SESSION_free(known.session);
    return ok;
}
