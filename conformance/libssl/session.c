// Sessions: their numbers, and when they are freed.

#include "libssl.h"

#include <stdatomic.h>
#include <stdlib.h>

static int object_index = -1;
static _Atomic int64_t live;

static void born(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
    live++;
}

static void freed(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
    struct object *o = ptr;

    live--;
    if (o != NULL && o->session == parent)
        o->freed = 1;
}

__attribute__((constructor)) static void register_index(void)
{
    object_index = SSL_SESSION_get_ex_new_index(0, NULL, born, NULL, freed);
}

int64_t live_sessions(void) { return live; }

struct object *object_of(const SSL_SESSION *s)
{
    struct object *o = SSL_SESSION_get_ex_data(s, object_index);

    /* SSL_SESSION_dup has copied the pointer to the original's. */
    return o != NULL && o->session == s ? o : NULL;
}

struct object *object_adopt(SSL_SESSION *s, int number)
{
    struct object *o;

    if (s == NULL)
        return NULL;
    o = calloc(1, sizeof(*o));
    if (o == NULL)
        return NULL;
    o->session = s;
    o->number = number;
    if (!SSL_SESSION_set_ex_data(s, object_index, o)) {
        free(o);
        return NULL;
    }
    return o;
}

struct object *object_new(int number, const unsigned char *id, unsigned int length,
                          const unsigned char *sid_ctx, unsigned int sid_ctx_length)
{
    SSL_SESSION *s = SSL_SESSION_new();

    if (s == NULL)
        return NULL;
    if (!SSL_SESSION_set1_id(s, id, length)
        || !SSL_SESSION_set1_id_context(s, sid_ctx, sid_ctx_length)
        || !make_resumable(s)) {
        SSL_SESSION_free(s);
        return NULL;
    }
    return object_adopt(s, number);
}

struct object *object_dup(struct object *o, int number)
{
    return object_adopt(SSL_SESSION_dup(o->session), number);
}

void object_state(struct object **objects, int count, struct session_state *out)
{
    for (int i = 0; i < count; i++) {
        SSL_SESSION *s = objects[i]->session;

        out[i].freed = objects[i]->freed;
        if (out[i].freed)
            continue;
        out[i].resumable = SSL_SESSION_is_resumable(s);
        out[i].time = SSL_SESSION_get_time(s);
        out[i].timeout = SSL_SESSION_get_timeout(s);
    }
}
