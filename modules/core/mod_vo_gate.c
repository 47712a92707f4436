/* mod_vo_gate.c: who may take a database connection, and how long one waits. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_vo_int.h"

#include <ap_mpm.h>
#include <apr_strings.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <http_log.h>

APLOG_USE_MODULE(vo);

#define LOOK_EVERY apr_time_from_msec(200) /* is the client still there? */
#define STUCK_AFTER apr_time_from_msec(500) /* nobody came or went: stuck */
#define MOD_DBD_MAX 10                     /* its default of DBDMax */
#define SHARE 8                            /* one of so many is kept free */

/*
 * mod_dbd lets a request wait without end while all its connections are in use.
 * So no more are asked for than there can be: a request that finds none left
 * waits here. One gate per process; where hosts have pools of their own it is
 * as wide as the smallest.
 *
 * Two things are kept back. Of the connections an eighth is for requests whose
 * queries take but a moment, such as the pages of jobs. Of the threads of the
 * process an eighth never runs or awaits a query, so that documents, which need
 * none, are always answered: when ROOM is used up and the gate is stuck, that
 * is, the queries in it are slow, who comes is told at once to come again.
 *
 * While mod_dbd makes a connection its pool is locked; when the database hangs
 * each attempt takes as long as connect_timeout says. So one request at a time
 * may cause that, and if it fails it fails for all that wait.
 */
static struct gate_t {
    apr_thread_mutex_t *mutex;
    apr_thread_cond_t *left, *left_brief; /* for the two kinds that wait */
    int max;          /* connections, */
    int kept;         /* of which so many are used for good */
    int reserve;      /* and so many only by brief requests */
    int room;         /* threads that may be in here; INT_MAX: one has all */
    int running;      /* requests that have a connection */
    int idle;         /* connections mod_dbd has ready, as far as is known */
    int is_opening;   /* a request has it make one */
    apr_time_t failed; /* when last that was in vain */
    int waiting;      /* that wait for one, */
    int waiting_brief; /* the brief ones of them */
    int parked;       /* that wait for something else */
    apr_time_t moved[2]; /* when last one of either kind came in or left */
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

int vo_gate_width(void)
{
    int max = smallest_max(ap_conftree, -1);

    return max > 0 ? max : MOD_DBD_MAX;
}

void vo_gate_init(apr_pool_t *pchild, server_rec *s)
{
    int threads = 0;

    memset(&gate, 0, sizeof(gate));
    ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
    gate.max = vo_gate_width();
    gate.reserve = gate.max / SHARE;
    gate.room = threads > 1 ? threads - (threads + SHARE - 1) / SHARE
                            : INT_MAX;
    if (apr_thread_mutex_create(&gate.mutex, APR_THREAD_MUTEX_DEFAULT, pchild)
            != APR_SUCCESS
        || apr_thread_cond_create(&gate.left, pchild) != APR_SUCCESS
        || apr_thread_cond_create(&gate.left_brief, pchild) != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s,
                     VOLOGNO(1005) "cannot make a mutex");
    }
}

void vo_gate_keep(void)
{
    apr_thread_mutex_lock(gate.mutex);
    ++gate.kept;
    apr_thread_mutex_unlock(gate.mutex);
}

/* --- with the mutex ------------------------------------------------------ */

static int is_open(int is_brief)
{
    int most = gate.max - gate.kept;

    return gate.running < (is_brief ? most : most - gate.reserve)
           && gate.running < gate.room && (gate.idle > 0 || !gate.is_opening);
}

static int is_over(void)
{
    return gate.running + gate.waiting + gate.parked > gate.room;
}

/* Wait until the gate is open for R, UNTIL at most. */
static void wait_open(request_rec *r, int is_brief, apr_time_t until)
{
    apr_time_t now, failed = gate.failed;
    int is_late;

    ++gate.waiting;
    gate.waiting_brief += is_brief;
    is_late = is_over();
    while (!is_open(is_brief) && (now = apr_time_now()) < until
           && gate.failed == failed
           && !(is_late && is_over()
                && now - gate.moved[is_brief] > STUCK_AFTER)
           && !vo_is_client_gone(r)) {
        apr_thread_cond_timedwait(is_brief ? gate.left_brief : gate.left,
                                  gate.mutex,
                                  until - now < LOOK_EVERY ? until - now
                                                           : LOOK_EVERY);
    }
    gate.waiting_brief -= is_brief;
    --gate.waiting;
}

/* --- requests ------------------------------------------------------------ */

static vo_err_t *refuse(request_rec *r, int is_down,
                        apr_interval_time_t waited)
{
    vo_err_t *err;

    if (vo_is_client_gone(r)) {
        return vo_err_make(r->pool, VO_ERR_GONE, "The client has left.");
    }
    if (is_down) {
        return vo_err_make(r->pool, VO_ERR_BUSY,
                           "The database is not available; try again later.");
    }
    err = vo_err_make(r->pool, VO_ERR_BUSY,
                      "The service has more queries than it can run at a time; "
                      "try again later.");
    err->detail = apr_psprintf(r->pool, "all %d database connections of the "
                               "process are in use, waited %.1f s (DBDMax, "
                               "ThreadsPerChild, VOPoolWait)", gate.max,
                               (double)waited / APR_USEC_PER_SEC);
    return err;
}

vo_err_t *vo_gate_enter(int *is_opening, request_rec *r)
{
    apr_time_t start = apr_time_now(), failed;
    int is_brief = vo_request(r)->is_brief, is_in, is_down;

    apr_thread_mutex_lock(gate.mutex);
    failed = gate.failed;
    if (!is_open(is_brief)) {
        wait_open(r, is_brief,
                  start + apr_time_from_sec(vo_conf_pool_wait(r)));
    }
    is_down = gate.failed != failed;
    is_in = !is_down && is_open(is_brief);
    *is_opening = is_in && !gate.idle;
    if (is_in) {
        ++gate.running;
        gate.is_opening |= *is_opening;
        gate.idle -= !*is_opening;
        gate.moved[is_brief] = apr_time_now();
    }
    apr_thread_mutex_unlock(gate.mutex);
    return is_in ? NULL : refuse(r, is_down, apr_time_now() - start);
}

void vo_gate_opened(int is_there)
{
    apr_thread_mutex_lock(gate.mutex);
    gate.is_opening = 0;
    if (!is_there) {
        gate.failed = apr_time_now();
    }
    apr_thread_cond_broadcast(gate.left_brief);
    apr_thread_cond_broadcast(gate.left);
    apr_thread_mutex_unlock(gate.mutex);
}

void vo_gate_leave(request_rec *r, int gives_back)
{
    apr_thread_mutex_lock(gate.mutex);
    --gate.running;
    gate.idle += gives_back;
    gate.moved[vo_request(r)->is_brief] = apr_time_now();
    apr_thread_cond_signal(gate.waiting_brief ? gate.left_brief : gate.left);
    apr_thread_mutex_unlock(gate.mutex);
}

int vo_gate_park(void)
{
    int may;

    apr_thread_mutex_lock(gate.mutex);
    ++gate.parked;
    may = !is_over();
    gate.parked -= !may;
    apr_thread_mutex_unlock(gate.mutex);
    return may;
}

void vo_gate_unpark(void)
{
    apr_thread_mutex_lock(gate.mutex);
    --gate.parked;
    apr_thread_mutex_unlock(gate.mutex);
}

int vo_gate_is_crowded(void)
{
    int is;

    apr_thread_mutex_lock(gate.mutex);
    is = is_over();
    apr_thread_mutex_unlock(gate.mutex);
    return is;
}
