/* mod_vo_snapshot.c: what is published, kept fresh, and the way to data. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_vo_int.h"

#include <poll.h>

#include <apr_portable.h>
#include <apr_strings.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include "meta/vo_meta_load.h"

APLOG_USE_MODULE(vo);

#define CHECK_EVERY apr_time_from_sec(2) /* is the serial still the same? */
#define STALE_AFTER apr_time_from_sec(4) /* then wait for who is checking */
#define WAIT_MOST apr_time_from_sec(10)
#define ANSWER_MOST apr_time_from_sec(1) /* a database that hangs is down */

struct vo_snap_t {
    const vo_meta_t *meta;
    apr_pool_t *pool; /* its own, with its own allocator */
    int refs;         /* guarded by the state's mutex */
    vo_state_t *state;
};

/*
 * One thread at a time asks the database whether anything changed; others go on
 * with the snapshot they have, unless it is so old (after a quiet time) that
 * they had better wait for the answer.
 */
struct vo_state_t {
    server_rec *server;
    apr_thread_mutex_t *mutex;
    apr_thread_cond_t *checked_cond;
    vo_snap_t *current;     /* holds one reference */
    apr_time_t checked;     /* when the last check ended, well or badly */
    int is_checking;
    int is_down;            /* the last check failed */
    ap_dbd_t *dbd;          /* kept for checks, so that slow queries on all
                               others cannot delay them; NULL before */
};

static APR_OPTIONAL_FN_TYPE(ap_dbd_open) *dbd_open;
static APR_OPTIONAL_FN_TYPE(ap_dbd_close) *dbd_close;

const char *vo_dbd_functions(void)
{
    dbd_open = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open);
    dbd_close = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_close);
    return dbd_open && dbd_close
               ? NULL
               : "mod_vo needs mod_dbd: add 'LoadModule dbd_module "
                 "modules/mod_dbd.so' (Debian: a2enmod dbd)";
}

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

static apr_status_t state_cleanup(void *baton)
{
    vo_state_t *st = baton;

    if (st->current) {
        drop(st->current);
        st->current = NULL;
    }
    if (st->dbd) {
        dbd_close(st->server, st->dbd); /* before the pool of mod_dbd goes */
        st->dbd = NULL;
    }
    return APR_SUCCESS;
}

vo_state_t *vo_state_create(server_rec *s, apr_pool_t *pchild)
{
    vo_state_t *st = apr_pcalloc(pchild, sizeof(*st));

    st->server = s;
    if (apr_thread_mutex_create(&st->mutex, APR_THREAD_MUTEX_DEFAULT, pchild)
            != APR_SUCCESS
        || apr_thread_cond_create(&st->checked_cond, pchild) != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s,
                     VOLOGNO(1001) "cannot make a mutex");
        return NULL;
    }
    apr_pool_pre_cleanup_register(pchild, st, state_cleanup);
    return st;
}

/* --- loading ------------------------------------------------------------- */

static vo_err_t *open_dbd(ap_dbd_t **dbd, PGconn **conn, server_rec *s,
                          apr_pool_t *pool)
{
    const char *name;

    *dbd = dbd_open(pool, s);
    if (!*dbd) {
        vo_err_t *err = vo_err_make(pool, VO_ERR_BUSY,
                                    "The database is not available; try again "
                                    "later.");

        err->detail = "mod_dbd has no connection (DBDriver, DBDParams)";
        return err;
    }
    name = apr_dbd_name((*dbd)->driver);
    if (strcmp(name, "pgsql")) {
        dbd_close(s, *dbd);
        return vo_err_fault(pool, APR_EINVAL,
                            "The service is not configured well.",
                            "mod_vo needs 'DBDriver pgsql', it is '%s'", name);
    }
    *conn = apr_dbd_native_handle((*dbd)->driver, (*dbd)->handle);
    return NULL;
}

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

/* Ask the database; *SNAP is a new snapshot or stays NULL. ST->current and
 * ST->dbd may be read without the mutex, for only the thread that checks
 * changes them. */
static vo_err_t *check(vo_snap_t **snap, vo_state_t *st, apr_pool_t *ptemp)
{
    PGconn *conn;
    apr_int64_t serial = -1;
    vo_err_t *err;

    if (!st->dbd) {
        ap_dbd_t *dbd;

        VO_TRY(open_dbd(&dbd, &conn, st->server, ptemp));
        st->dbd = dbd;
        vo_gate_keep();
    }
    conn = apr_dbd_native_handle(st->dbd->driver, st->dbd->handle);
    err = vo_meta_serial_within(&serial, conn, ANSWER_MOST, ptemp);
    if (err && PQstatus(conn) != CONNECTION_OK) {
        PQreset(conn);
        err = vo_meta_serial_within(&serial, conn, ANSWER_MOST, ptemp);
    }
    if (!err && (!st->current || st->current->meta->serial != serial)) {
        err = load(snap, st, conn, ptemp);
    }
    return err;
}

/* Called without the mutex by the one thread that set is_checking. */
static vo_err_t *refresh(vo_state_t *st, request_rec *r)
{
    vo_snap_t *fresh = NULL, *old = NULL;
    vo_err_t *err = check(&fresh, st, r->pool);
    int was_down;

    apr_thread_mutex_lock(st->mutex);
    if (fresh) {
        old = st->current;
        st->current = fresh;
    }
    was_down = st->is_down;
    st->is_down = err != NULL;
    st->checked = apr_time_now();
    st->is_checking = 0;
    apr_thread_cond_broadcast(st->checked_cond);
    apr_thread_mutex_unlock(st->mutex);
    if (old) {
        drop(old);
    }
    if (err && !was_down) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, err->aprerr, r,
                      VOLOGNO(1002) "what is published cannot be checked, %s: "
                      "%s", st->current ? "going on with what was known"
                                        : "nothing is known yet",
                      vo_err_private(err, r->pool));
    }
    else if (!err && was_down) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      VOLOGNO(1003) "the database is back");
    }
    if (fresh) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                      VOLOGNO(1004) "loaded %d releases, serial %"
                      APR_INT64_T_FMT, fresh->meta->nreleases,
                      fresh->meta->serial);
    }
    return err;
}

vo_err_t *vo_snapshot_get(const vo_meta_t **meta, request_rec *r)
{
    vo_request_t *req = vo_request(r);
    vo_state_t *st = vo_state(r->server);
    vo_err_t *err = NULL;
    apr_time_t age;

    if (req->snap) {
        *meta = req->snap->meta;
        return NULL;
    }
    if (!st) {
        return vo_err_fault(r->pool, APR_EGENERAL, "The service did not start.",
                            "no state in this process");
    }
    apr_thread_mutex_lock(st->mutex);
    age = apr_time_now() - st->checked;
    if (st->is_checking && (!st->current || age >= STALE_AFTER)) {
        apr_time_t until = apr_time_now() + WAIT_MOST;

        while (st->is_checking && apr_time_now() < until) {
            apr_thread_cond_timedwait(st->checked_cond, st->mutex,
                                      until - apr_time_now());
        }
    }
    else if (!st->is_checking && (age >= CHECK_EVERY || age < 0)) {
        st->is_checking = 1;
        apr_thread_mutex_unlock(st->mutex);
        err = refresh(st, r);
        apr_thread_mutex_lock(st->mutex);
    }
    req->snap = st->current;
    if (req->snap) {
        ++req->snap->refs;
    }
    apr_thread_mutex_unlock(st->mutex);
    if (!req->snap) {
        return err ? err
                   : vo_err_make(r->pool, VO_ERR_BUSY,
                                 "The database is not available; try again "
                                 "later.");
    }
    apr_pool_cleanup_register(r->pool, req->snap, drop_cleanup,
                              apr_pool_cleanup_null);
    *meta = req->snap->meta;
    return NULL;
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

/* --- queries ------------------------------------------------------------- */

static apr_status_t db_cleanup(void *baton)
{
    vo_db_t *db = baton;

    dbd_close(db->r->server, db->dbd);
    vo_gate_leave();
    return APR_SUCCESS;
}

vo_err_t *vo_db_open(vo_db_t **db, request_rec *r)
{
    ap_dbd_t *dbd;
    PGconn *conn;
    vo_err_t *err;

    VO_TRY(vo_gate_enter(r));
    err = open_dbd(&dbd, &conn, r->server, r->pool);
    if (err) {
        vo_gate_leave();
        return err;
    }
    *db = apr_palloc(r->pool, sizeof(**db));
    (*db)->conn = conn;
    (*db)->dbd = dbd;
    (*db)->r = r;
    apr_pool_cleanup_register(r->pool, *db, db_cleanup, apr_pool_cleanup_null);
    return NULL;
}

void vo_db_close(vo_db_t *db)
{
    apr_pool_cleanup_run(db->r->pool, db, db_cleanup);
}

int vo_is_client_gone(request_rec *r)
{
    conn_rec *c = r->connection;
    apr_socket_t *sock;
    apr_os_sock_t fd;
    struct pollfd p;

    if (c->aborted) {
        return 1;
    }
    if (c->master) {
        c = c->master; /* of HTTP/2: the stream has no socket of its own */
    }
    sock = ap_get_conn_socket(c);
    if (!sock || apr_os_sock_get(&fd, sock) != APR_SUCCESS) {
        return c->aborted;
    }
    p.fd = fd;
    p.events = POLLRDHUP;
    p.revents = 0;
    return poll(&p, 1, 0) > 0
           && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

typedef struct watched_t {
    const vo_sql_req_t *req;
    request_rec *r;
} watched_t;

static vo_err_t *watched_begin(void *baton, int nfields, const unsigned *oids)
{
    const vo_sql_req_t *req = ((watched_t *)baton)->req;

    return req->begin ? req->begin(req->baton, nfields, oids) : NULL;
}

static vo_err_t *watched_row(void *baton, const vo_cell_t *cells, int nfields)
{
    const vo_sql_req_t *req = ((watched_t *)baton)->req;

    return req->row ? req->row(req->baton, cells, nfields) : NULL;
}

static int watched_is_gone(void *baton)
{
    const watched_t *w = baton;

    return w->req->is_gone ? w->req->is_gone(w->req->baton)
                           : vo_is_client_gone(w->r);
}

vo_err_t *vo_query(request_rec *r, const vo_sql_req_t *req,
                   vo_sql_done_t *done)
{
    vo_sql_req_t inner = *req;
    watched_t watched = {req, r};
    vo_db_t *db;
    vo_err_t *err;

    done->nrows = 0;
    done->is_overflow = 0;
    VO_TRY(vo_db_open(&db, r));
    inner.begin = watched_begin;
    inner.row = watched_row;
    inner.is_gone = watched_is_gone;
    inner.baton = &watched;
    inner.base_url = vo_base_url(r);
    err = vo_sql_run(db->conn, &inner, done, r->pool);
    vo_db_close(db);
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
