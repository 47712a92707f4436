/* mod_soda_gate.c: how many pixels a process holds at a time. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_soda_int.h"

#include <apr_strings.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>

APLOG_USE_MODULE(soda);

#define LONGEST 10 /* s one waits */

/* A cutout of the largest size takes some 200 MB, and a process has many
 * threads. A request that finds too many pixels here waits until others are
 * done; one alone always gets in. */
static struct gate_t {
    apr_thread_mutex_t *mutex;
    apr_thread_cond_t *left;
    apr_int64_t used;
} gate;

void soda_gate_init(apr_pool_t *pchild, server_rec *s)
{
    gate.used = 0;
    if (apr_thread_mutex_create(&gate.mutex, APR_THREAD_MUTEX_DEFAULT, pchild)
            != APR_SUCCESS
        || apr_thread_cond_create(&gate.left, pchild) != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s,
                     VOLOGNO(1802) "cannot make a mutex");
    }
}

static apr_status_t leave(void *data)
{
    const apr_int64_t *held = data;

    apr_thread_mutex_lock(gate.mutex);
    gate.used -= *held;
    apr_thread_cond_broadcast(gate.left);
    apr_thread_mutex_unlock(gate.mutex);
    return APR_SUCCESS;
}

static int has_room(apr_int64_t npixels, apr_int64_t most)
{
    return !gate.used || gate.used + npixels <= most;
}

vo_err_t *soda_admit(void *baton, apr_int64_t npixels, apr_pool_t *pool)
{
    request_rec *r = baton;
    apr_int64_t most = soda_conf(r).process_pixels;
    apr_time_t until = apr_time_now() + apr_time_from_sec(LONGEST), now;
    apr_int64_t *held = apr_palloc(pool, sizeof(*held));
    vo_err_t *err;
    int is_in;

    *held = npixels;
    apr_thread_mutex_lock(gate.mutex);
    while (!has_room(npixels, most) && (now = apr_time_now()) < until) {
        apr_thread_cond_timedwait(gate.left, gate.mutex, until - now);
    }
    is_in = has_room(npixels, most);
    gate.used += is_in ? npixels : 0;
    apr_thread_mutex_unlock(gate.mutex);
    if (is_in) {
        apr_pool_cleanup_register(pool, held, leave, apr_pool_cleanup_null);
        return NULL;
    }
    err = vo_err_make(pool, VO_ERR_BUSY, "More large cutouts are being made"
                      " than there is room for; try again later, or ask for a"
                      " smaller one.");
    err->detail = apr_psprintf(pool, "the process had %" APR_INT64_T_FMT
                               " pixels (SODAProcessPixels) for %d s", most,
                               LONGEST);
    return err;
}
