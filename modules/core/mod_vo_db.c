/* mod_vo_db.c: connections of mod_dbd's pool, and queries on them. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mod_vo_int.h"

#include <poll.h>

#include <apr_portable.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>

APLOG_USE_MODULE(vo);

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

/* --- mod_dbd ------------------------------------------------------------- */

vo_err_t *vo_dbd_open(ap_dbd_t **dbd, PGconn **conn, server_rec *s,
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

void vo_dbd_close(ap_dbd_t *dbd, server_rec *s)
{
    dbd_close(s, dbd);
}

/* --- queries ------------------------------------------------------------- */

static apr_status_t db_cleanup(void *baton)
{
    vo_db_t *db = baton;

    vo_dbd_close(db->dbd, db->r->server);
    vo_gate_leave(db->r, 1);
    return APR_SUCCESS;
}

vo_err_t *vo_db_open(vo_db_t **db, request_rec *r)
{
    ap_dbd_t *dbd;
    PGconn *conn;
    vo_err_t *err;
    int is_opening;

    VO_TRY(vo_database_last(r)); /* nobody waits for one that is down */
    VO_TRY(vo_gate_enter(&is_opening, r));
    err = vo_dbd_open(&dbd, &conn, r->server, r->pool);
    if (is_opening) {
        vo_gate_opened(!err);
    }
    if (err) {
        vo_gate_leave(r, 0);
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

apr_socket_t *vo_own_socket(request_rec *r)
{
    return r->connection->master ? NULL : ap_get_conn_socket(r->connection);
}

/* From now on, while a query of MS runs whose rows go to the client, or no more
 * (0). */
static void limit_reading(request_rec *r, int ms)
{
    apr_socket_t *sock = vo_own_socket(r);

    vo_request(r)->read_until = ms > 0 ? apr_time_now()
                                             + 2 * apr_time_from_msec(ms)
                                       : 0;
    if (sock && !ms) {
        apr_socket_timeout_set(sock, r->server->timeout);
    }
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
    limit_reading(r, req->timeout_ms);
    err = vo_sql_run(db->conn, &inner, done, r->pool);
    limit_reading(r, 0);
    vo_db_close(db);
    return err;
}
