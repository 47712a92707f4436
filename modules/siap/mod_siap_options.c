/* mod_siap_options.c: what values there are, found now and then. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_siap_int.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>

/* Finding them reads every row of a release: some 0.1 s for 300 000. */
#define KEEP apr_time_from_sec(300)
#define QUERY_MOST 5 /* s */

/* What is known of a release. */
typedef struct known_t {
    apr_int64_t serial; /* of the snapshot it was found with */
    apr_time_t found;
    int is_searching;   /* a request is finding it anew: others take the old */
    apr_pool_t *pool;   /* its own, with its own allocator */
    const vo_sia2_options_t *options; /* in POOL, or NULL */
} known_t;

/* Of this process. */
static struct {
    apr_thread_mutex_t *mutex;
    apr_hash_t *known;  /* id of the release -> known_t * */
    apr_pool_t *pool;   /* used under the mutex only */
} cache;

static apr_pool_t *own_pool(void)
{
    apr_allocator_t *allocator;
    apr_pool_t *pool;

    if (apr_allocator_create(&allocator) != APR_SUCCESS) {
        return NULL;
    }
    if (apr_pool_create_unmanaged_ex(&pool, NULL, allocator) != APR_SUCCESS) {
        apr_allocator_destroy(allocator);
        return NULL;
    }
    apr_allocator_owner_set(allocator, pool);
    return pool;
}

int siap_options_init(apr_pool_t *pchild)
{
    cache.pool = own_pool();
    if (!cache.pool
        || apr_thread_mutex_create(&cache.mutex, APR_THREAD_MUTEX_DEFAULT,
                                   pchild) != APR_SUCCESS) {
        return 0;
    }
    cache.known = apr_hash_make(cache.pool);
    return 1;
}

/* What is known of ID, made if need be. The mutex is held. */
static known_t *known_of(const char *id)
{
    known_t *k = apr_hash_get(cache.known, id, APR_HASH_KEY_STRING);

    if (!k) {
        k = apr_pcalloc(cache.pool, sizeof(*k));
        apr_hash_set(cache.known, apr_pstrdup(cache.pool, id),
                     APR_HASH_KEY_STRING, k);
    }
    return k;
}

/* Keep OPTIONS (NULL: they could not be found; it is tried again later). */
static void keep(const char *id, apr_int64_t serial,
                 const vo_sia2_options_t *options)
{
    apr_pool_t *pool = own_pool(), *old = NULL;
    known_t *k;

    apr_thread_mutex_lock(cache.mutex);
    k = known_of(id);
    k->is_searching = 0;
    k->serial = serial;
    k->found = apr_time_now();
    if (options && pool) {
        old = k->pool;
        k->pool = pool;
        k->options = vo_sia2_options_copy(options, pool);
        pool = NULL;
    }
    apr_thread_mutex_unlock(cache.mutex);
    if (pool) {
        apr_pool_destroy(pool);
    }
    if (old) {
        apr_pool_destroy(old);
    }
}

const vo_sia2_options_t *siap_options(request_rec *r,
                                      const vo_release_t *rel)
{
    vo_sia2_options_t *options = NULL, *found;
    const vo_meta_t *meta;
    vo_sql_req_t req = {0};
    vo_sql_done_t done;
    vo_err_t *err = siap_fns.snapshot_get(&meta, r);
    known_t *k;
    int is_mine;

    if (err || !cache.mutex) {
        return NULL;
    }
    apr_thread_mutex_lock(cache.mutex);
    k = known_of(rel->id);
    is_mine = !k->is_searching
              && (k->serial != meta->serial
                  || k->found + KEEP < apr_time_now());
    k->is_searching |= is_mine;
    if (k->options && !is_mine) {
        options = vo_sia2_options_copy(k->options, r->pool);
    }
    apr_thread_mutex_unlock(cache.mutex);
    if (!is_mine) {
        return options;
    }
    found = apr_pcalloc(r->pool, sizeof(*found));
    vo_sia2_options_request(&req, found, rel, r->pool);
    req.timeout_ms = QUERY_MOST * 1000;
    err = siap_fns.query(r, &req, &done);
    if (err) {
        siap_fns.log_error(r, err);
        found = NULL;
    }
    keep(rel->id, meta->serial, found);
    return found;
}
