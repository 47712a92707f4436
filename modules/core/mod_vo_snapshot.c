/* mod_vo_snapshot.c: what is published, kept fresh. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_vo_int.h"

#include <sys/socket.h>

#include <ap_mpm.h>
#include <apr_signal.h>
#include <apr_strings.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <apr_thread_proc.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include "meta/vo_meta_load.h"

APLOG_USE_MODULE(vo);

#define CHECK_EVERY apr_time_from_sec(2)  /* is the serial still the same? */
#define AGAIN_AFTER apr_time_from_msec(250) /* is the database back? */
#define STALE_AFTER apr_time_from_sec(4)  /* then wait for the check */
#define PATIENCE apr_time_from_sec(1)     /* but for so long of it only */
#define FIRST_MOST apr_time_from_sec(10)  /* when nothing is known yet */
#define ANSWER_MOST apr_time_from_sec(3)  /* a database that hangs is down */
#define START_MOST apr_time_from_sec(5)   /* what a new process waits */

struct vo_snap_t {
    const vo_meta_t *meta;
    apr_pool_t *pool; /* its own, with its own allocator */
    int refs;         /* guarded by the state's mutex */
    vo_state_t *state;
};

/*
 * A thread of its own asks the database whether anything changed, when a
 * request finds that it was last asked too long ago. That request, and others
 * if the snapshot is old after a quiet time, wait for the answer, PATIENCE
 * since it was asked for at most; the others go on with what there is. So a
 * database that is slow or hangs delays no document for longer. Where processes
 * have one thread (prefork) the request that finds it old asks by itself.
 */
struct vo_state_t {
    server_rec *server;
    apr_thread_t *thread;   /* that asks; NULL: who needs it does */
    apr_thread_mutex_t *mutex;
    apr_thread_cond_t *checked_cond, *wanted_cond;
    vo_snap_t *current;     /* holds one reference */
    apr_time_t checked;     /* when the last check ended, well or badly */
    apr_time_t asked;       /* when the one that runs was asked for, 0: none */
    unsigned nchecks;       /* that ended */
    int is_down;            /* the last check failed, */
    int is_cut;             /* because the database does not answer */
    int is_stopping, is_stopped;
    int fd;                 /* socket of DBD, -1 before */
    ap_dbd_t *dbd;          /* kept for checks, so that slow queries on all
                               others cannot delay them; NULL before */
};

/* --- references ---------------------------------------------------------- */

static void drop(vo_snap_t *snap)
{
    vo_state_t *st = snap->state;
    int left;

    apr_thread_mutex_lock(st->mutex);
    left = --snap->refs;
    apr_thread_mutex_unlock(st->mutex);
    if (!left) {
        apr_pool_destroy(snap->pool);
    }
}

static apr_status_t drop_cleanup(void *snap)
{
    drop(snap);
    return APR_SUCCESS;
}

/* End the thread, even one that waits for a database that hangs. */
static void stop(vo_state_t *st)
{
    apr_status_t rv;

    apr_thread_mutex_lock(st->mutex);
    st->is_stopping = 1;
    apr_thread_cond_signal(st->wanted_cond);
    while (!st->is_stopped) {
        apr_thread_cond_timedwait(st->checked_cond, st->mutex, AGAIN_AFTER);
        if (!st->is_stopped && st->fd >= 0) {
            shutdown(st->fd, SHUT_RDWR);
        }
    }
    apr_thread_mutex_unlock(st->mutex);
    apr_thread_join(&rv, st->thread);
    st->thread = NULL;
}

static apr_status_t state_cleanup(void *baton)
{
    vo_state_t *st = baton;

    if (st->thread) {
        stop(st);
    }
    if (st->current) {
        drop(st->current);
        st->current = NULL;
    }
    if (st->dbd) {
        vo_dbd_close(st->dbd, st->server); /* before mod_dbd's pool goes */
        st->dbd = NULL;
    }
    return APR_SUCCESS;
}

vo_state_t *vo_state_create(server_rec *s, apr_pool_t *pchild)
{
    vo_state_t *st = apr_pcalloc(pchild, sizeof(*st));

    st->server = s;
    st->fd = -1;
    if (apr_thread_mutex_create(&st->mutex, APR_THREAD_MUTEX_DEFAULT, pchild)
            != APR_SUCCESS
        || apr_thread_cond_create(&st->checked_cond, pchild) != APR_SUCCESS
        || apr_thread_cond_create(&st->wanted_cond, pchild) != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s,
                     VOLOGNO(1001) "cannot make a mutex");
        return NULL;
    }
    apr_pool_pre_cleanup_register(pchild, st, state_cleanup);
    return st;
}

/* --- loading ------------------------------------------------------------- */

static vo_err_t *load(vo_snap_t **snap, vo_state_t *st, PGconn *conn,
                      apr_pool_t *ptemp)
{
    apr_allocator_t *allocator;
    apr_pool_t *pool;
    vo_meta_t *meta;
    vo_err_t *err;

    if (apr_allocator_create(&allocator) != APR_SUCCESS
        || apr_pool_create_unmanaged_ex(&pool, NULL, allocator)
               != APR_SUCCESS) {
        return vo_err_fault(ptemp, APR_ENOMEM, "Out of memory.",
                            "pool of a snapshot");
    }
    apr_allocator_owner_set(allocator, pool);
    err = vo_meta_load(&meta, conn, pool);
    if (err) {
        err = vo_err_fault(ptemp, err->aprerr, "What is published cannot be "
                           "read.", "%s", vo_err_private(err, ptemp));
        apr_pool_destroy(pool);
        return err;
    }
    *snap = apr_pcalloc(pool, sizeof(**snap));
    (*snap)->meta = meta;
    (*snap)->pool = pool;
    (*snap)->refs = 1;
    (*snap)->state = st;
    return NULL;
}

/* The connection has got a socket. */
static void set_fd(vo_state_t *st, const PGconn *conn)
{
    apr_thread_mutex_lock(st->mutex);
    st->fd = PQsocket(conn);
    apr_thread_mutex_unlock(st->mutex);
}

static int is_stopping(vo_state_t *st)
{
    int is;

    apr_thread_mutex_lock(st->mutex);
    is = st->is_stopping;
    apr_thread_mutex_unlock(st->mutex);
    return is;
}

/* Ask the database; *SNAP is a new snapshot or stays NULL, *IS_CUT tells that
 * no answer came. ST->current and ST->dbd may be read without the mutex, for
 * only the thread that checks changes them. */
static vo_err_t *check(vo_snap_t **snap, int *is_cut, vo_state_t *st,
                       apr_pool_t *ptemp)
{
    PGconn *conn;
    apr_int64_t serial = -1;
    vo_err_t *err;

    *is_cut = 1;
    if (!st->dbd) {
        ap_dbd_t *dbd;

        VO_TRY(vo_dbd_open(&dbd, &conn, st->server, ptemp));
        st->dbd = dbd;
        vo_gate_keep();
        set_fd(st, conn);
    }
    conn = apr_dbd_native_handle(st->dbd->driver, st->dbd->handle);
    err = vo_meta_serial_within(&serial, conn, ANSWER_MOST, ptemp);
    if (err && PQstatus(conn) != CONNECTION_OK && !is_stopping(st)) {
        vo_sql_reset(conn, ANSWER_MOST);
        set_fd(st, conn);
        err = vo_meta_serial_within(&serial, conn, ANSWER_MOST, ptemp);
    }
    if (!err && (!st->current || st->current->meta->serial != serial)) {
        err = load(snap, st, conn, ptemp);
    }
    *is_cut = err
              && (err->kind == VO_ERR_BUSY || PQstatus(conn) != CONNECTION_OK);
    return err;
}

/* Called without the mutex by the one thread that checks. */
static void refresh(vo_state_t *st, apr_pool_t *ptemp)
{
    vo_snap_t *fresh = NULL, *old = NULL;
    int was_down, is_cut, has_any, is_ending;
    vo_err_t *err = check(&fresh, &is_cut, st, ptemp);

    apr_thread_mutex_lock(st->mutex);
    if (fresh) {
        old = st->current;
        st->current = fresh;
    }
    has_any = st->current != NULL;
    is_ending = st->is_stopping;
    was_down = st->is_down;
    st->is_down = err != NULL;
    st->is_cut = is_cut;
    st->checked = apr_time_now();
    st->asked = 0;
    ++st->nchecks;
    apr_thread_cond_broadcast(st->checked_cond);
    apr_thread_mutex_unlock(st->mutex);
    if (old) {
        drop(old);
    }
    if (err && !was_down && !is_ending) {
        ap_log_error(APLOG_MARK, APLOG_ERR, err->aprerr, st->server,
                     VOLOGNO(1002) "what is published cannot be checked, %s: "
                     "%s", has_any ? "going on with what was known"
                                   : "nothing is known yet",
                     vo_err_private(err, ptemp));
    }
    else if (!err && was_down) {
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, st->server,
                     VOLOGNO(1003) "the database is back");
    }
    if (fresh) {
        ap_log_error(APLOG_MARK, APLOG_DEBUG, 0, st->server,
                     VOLOGNO(1004) "loaded %d releases, serial %"
                     APR_INT64_T_FMT, fresh->meta->nreleases,
                     fresh->meta->serial);
    }
}

/* --- the thread ---------------------------------------------------------- */

static void *APR_THREAD_FUNC checker(apr_thread_t *thread, void *baton)
{
    vo_state_t *st = baton;
    apr_allocator_t *allocator;
    apr_pool_t *pool = NULL;

    apr_setup_signal_thread(); /* signals are for others */
    if (apr_allocator_create(&allocator) == APR_SUCCESS
        && apr_pool_create_unmanaged_ex(&pool, NULL, allocator)
               == APR_SUCCESS) {
        apr_allocator_owner_set(allocator, pool);
    }
    apr_thread_mutex_lock(st->mutex);
    while (pool && !st->is_stopping) {
        if (!st->asked) {
            apr_thread_cond_wait(st->wanted_cond, st->mutex);
            continue;
        }
        apr_thread_mutex_unlock(st->mutex);
        refresh(st, pool);
        apr_pool_clear(pool);
        apr_thread_mutex_lock(st->mutex);
    }
    st->is_stopped = 1;
    apr_thread_cond_broadcast(st->checked_cond);
    apr_thread_mutex_unlock(st->mutex);
    if (pool) {
        apr_pool_destroy(pool);
    }
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

/* With the mutex: have the thread check, if it does not. */
static void want(vo_state_t *st)
{
    if (!st->asked) {
        st->asked = apr_time_now();
        apr_thread_cond_signal(st->wanted_cond);
    }
}

/* With the mutex: wait for the check that runs to end, until UNTIL. */
static void await(vo_state_t *st, apr_time_t until)
{
    unsigned n = st->nchecks;
    apr_time_t now;

    while (st->nchecks == n && (now = apr_time_now()) < until) {
        apr_thread_cond_timedwait(st->checked_cond, st->mutex, until - now);
    }
}

/* With the mutex, which is let go meanwhile: check in this very thread. */
static void check_here(vo_state_t *st, apr_pool_t *pool)
{
    st->asked = apr_time_now();
    apr_thread_mutex_unlock(st->mutex);
    refresh(st, pool);
    apr_thread_mutex_lock(st->mutex);
}

void vo_state_start(vo_state_t *st, apr_pool_t *pchild)
{
    int is_threaded = 0;

    ap_mpm_query(AP_MPMQ_IS_THREADED, &is_threaded);
    if (!is_threaded) {
        return;
    }
    apr_thread_mutex_lock(st->mutex);
    if (apr_thread_create(&st->thread, NULL, checker, st, pchild)
        != APR_SUCCESS) {
        st->thread = NULL;
    }
    else {
        want(st);
        await(st, apr_time_now() + START_MOST);
    }
    apr_thread_mutex_unlock(st->mutex);
}

/* --- what requests see --------------------------------------------------- */

/* With the mutex: see that what is known is fresh enough, or as fresh as it can
 * be had in time. */
static void catch_up(vo_state_t *st, request_rec *r)
{
    int is_bad = !st->current || st->is_cut;
    apr_interval_time_t age = apr_time_now() - st->checked;
    /* the first to find it old has been preceded by a quiet time */
    int waits = is_bad || age < 0 || age >= STALE_AFTER || !st->asked;

    if (age >= 0 && age < (is_bad ? AGAIN_AFTER : CHECK_EVERY)) {
        return;
    }
    if (st->thread) {
        want(st);
    }
    else if (!st->asked) {
        check_here(st, r->pool);
        return;
    }
    if (waits) {
        await(st, st->asked + (st->current || st->is_cut ? PATIENCE
                                                         : FIRST_MOST));
    }
}

static vo_err_t *no_state(request_rec *r)
{
    return vo_err_fault(r->pool, APR_EGENERAL, "The service did not start.",
                        "no state in this process");
}

static vo_err_t *unavailable(request_rec *r)
{
    return vo_err_make(r->pool, VO_ERR_BUSY,
                       "The database is not available; try again later.");
}

vo_err_t *vo_snapshot_get(const vo_meta_t **meta, request_rec *r)
{
    vo_request_t *req = vo_request(r);
    vo_state_t *st = vo_state(r->server);

    if (req->snap) {
        *meta = req->snap->meta;
        return NULL;
    }
    if (!st) {
        return no_state(r);
    }
    apr_thread_mutex_lock(st->mutex);
    catch_up(st, r);
    req->snap = st->current;
    if (req->snap) {
        ++req->snap->refs;
    }
    apr_thread_mutex_unlock(st->mutex);
    if (!req->snap) {
        return unavailable(r);
    }
    apr_pool_cleanup_register(r->pool, req->snap, drop_cleanup,
                              apr_pool_cleanup_null);
    *meta = req->snap->meta;
    return NULL;
}

vo_err_t *vo_database_last(request_rec *r)
{
    vo_state_t *st = vo_state(r->server);
    int is_cut = 0;

    if (st) {
        apr_thread_mutex_lock(st->mutex);
        is_cut = st->is_cut;
        apr_thread_mutex_unlock(st->mutex);
    }
    return is_cut ? unavailable(r) : NULL;
}

vo_err_t *vo_database_answers(request_rec *r, int most)
{
    vo_state_t *st = vo_state(r->server);
    unsigned n;
    int is_cut;

    if (!st) {
        return no_state(r);
    }
    apr_thread_mutex_lock(st->mutex);
    n = st->nchecks;
    if (!st->thread && !st->asked) {
        check_here(st, r->pool);
    }
    else {
        if (st->thread) {
            want(st);
        }
        await(st, apr_time_now() + apr_time_from_sec(most));
    }
    is_cut = st->is_cut || st->nchecks == n;
    apr_thread_mutex_unlock(st->mutex);
    return is_cut ? unavailable(r) : NULL;
}

/* --- releases ------------------------------------------------------------ */

vo_err_t *vo_release_for(const vo_release_t **rel, request_rec *r,
                         const char *id)
{
    const vo_meta_t *meta;
    const vo_release_t *found;
    const char *names = NULL;
    vo_err_t *err;
    int i;

    VO_TRY(vo_snapshot_get(&meta, r));
    found = vo_meta_release(meta, id);
    if (found && vo_release_visible(r, found)) {
        *rel = found;
        return NULL;
    }
    for (i = 0; i < meta->nreleases; ++i) {
        const char *name = meta->releases[i]->id;

        if (vo_release_visible(r, meta->releases[i])) {
            names = names ? apr_pstrcat(r->pool, names, ", ", name, NULL)
                          : name;
        }
    }
    err = vo_err_make(r->pool, VO_ERR_NOTFOUND,
                      "There is no release '%.60s' here.", id);
    err->hint = names ? apr_pstrcat(r->pool, "There is: ", names, ".", NULL)
                      : "There is none yet.";
    return err;
}

/* --- health -------------------------------------------------------------- */

/* For monitoring: does the service work, and with what? No names in it, for it
 * may be asked by anybody. */
int vo_health_handler(request_rec *r)
{
    vo_state_t *st = vo_state(r->server);
    const vo_meta_t *meta = NULL;
    vo_err_t *err;
    vo_out_t *out;
    int is_down = 1, i, nvisible = 0;

    ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, M_OPTIONS, -1);
    if (r->method_number != M_GET) {
        return r->method_number == M_OPTIONS ? DECLINED
                                             : HTTP_METHOD_NOT_ALLOWED;
    }
    err = vo_snapshot_get(&meta, r);
    if (!err) {
        apr_thread_mutex_lock(st->mutex);
        is_down = st->is_down;
        apr_thread_mutex_unlock(st->mutex);
    }
    for (i = 0; !err && i < meta->nreleases; ++i) {
        nvisible += vo_release_visible(r, meta->releases[i]);
    }
    out = vo_response_begin(r, "application/json");
    r->status = is_down ? HTTP_SERVICE_UNAVAILABLE : HTTP_OK;
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    err = vo_out_printf(out, "{\"status\": \"%s\", \"database\": %s, "
                        "\"releases\": %d}\n", is_down ? "degraded" : "ok",
                        is_down ? "false" : "true", nvisible);
    return err ? vo_respond_error(r, NULL, err) : vo_response_end(r, out);
}
