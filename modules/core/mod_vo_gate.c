/* mod_vo_gate.c: who may take a database connection, and how long one waits. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_vo_int.h"

#include <apr_strings.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <http_log.h>

APLOG_USE_MODULE(vo);

#define LOOK_EVERY apr_time_from_msec(200) /* is the client still there? */
#define MOD_DBD_MAX 10                     /* its default of DBDMax */

/* mod_dbd lets a request wait without end while all its connections are in use.
 * So no more are asked for than there can be: a request that finds none left
 * waits here. One gate per process; where hosts have pools of their own it is
 * as wide as the smallest. */
static struct gate_t {
    apr_thread_mutex_t *mutex;
    apr_thread_cond_t *left;
    int used, max;
} gate;

/* The smallest DBDMax below TREE, or LEAST. */
static int smallest_max(const ap_directive_t *tree, int least)
{
    for (; tree; tree = tree->next) {
        if (!strcasecmp(tree->directive, "DBDMax")) {
            int n = (int)apr_strtoi64(tree->args, NULL, 10);

            least = n > 0 && (n < least || least < 0) ? n : least;
        }
        if (tree->first_child) {
            least = smallest_max(tree->first_child, least);
        }
    }
    return least;
}

void vo_gate_init(apr_pool_t *pchild, server_rec *s)
{
    int max = smallest_max(ap_conftree, -1);

    memset(&gate, 0, sizeof(gate));
    gate.max = max > 0 ? max : MOD_DBD_MAX;
    if (apr_thread_mutex_create(&gate.mutex, APR_THREAD_MUTEX_DEFAULT, pchild)
            != APR_SUCCESS
        || apr_thread_cond_create(&gate.left, pchild) != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s,
                     VOLOGNO(1005) "cannot make a mutex");
    }
}

void vo_gate_keep(void)
{
    apr_thread_mutex_lock(gate.mutex);
    ++gate.used;
    apr_thread_mutex_unlock(gate.mutex);
}

vo_err_t *vo_gate_enter(request_rec *r)
{
    int most = vo_conf_pool_wait(r), is_in;
    apr_time_t until = apr_time_now() + apr_time_from_sec(most);
    vo_err_t *err;

    apr_thread_mutex_lock(gate.mutex);
    while (gate.used >= gate.max && apr_time_now() < until
           && !vo_is_client_gone(r)) {
        apr_interval_time_t left = until - apr_time_now();

        apr_thread_cond_timedwait(gate.left, gate.mutex,
                                  left < LOOK_EVERY ? left : LOOK_EVERY);
    }
    is_in = gate.used < gate.max;
    gate.used += is_in;
    apr_thread_mutex_unlock(gate.mutex);
    if (is_in) {
        return NULL;
    }
    if (vo_is_client_gone(r)) {
        return vo_err_make(r->pool, VO_ERR_GONE, "The client has left.");
    }
    err = vo_err_make(r->pool, VO_ERR_BUSY,
                      "The service has more queries than it can run at a time; "
                      "try again later.");
    err->detail = apr_psprintf(r->pool, "all %d database connections of the "
                               "process were in use for %d s (DBDMax, "
                               "VOPoolWait)", gate.max, most);
    return err;
}

void vo_gate_leave(void)
{
    apr_thread_mutex_lock(gate.mutex);
    --gate.used;
    apr_thread_cond_signal(gate.left);
    apr_thread_mutex_unlock(gate.mutex);
}
