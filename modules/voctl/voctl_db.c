/* voctl_db.c: one connection, errors as PostgreSQL words them. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "voctl.h"

#include <string.h>

#include <apr_strings.h>

static apr_status_t finish(void *conn)
{
    PQfinish(conn);
    return APR_SUCCESS;
}

static apr_status_t clear(void *res)
{
    PQclear(res);
    return APR_SUCCESS;
}

/* Notices of re-runnable SQL ("already exists, skipping") help nobody. */
static void drop_notice(void *baton, const PGresult *res)
{
    (void)baton;
    (void)res;
}

static const char *one_line(apr_pool_t *pool, const char *message)
{
    char *out = apr_pstrdup(pool, message ? message : "");
    size_t n = strlen(out);
    char *p;

    while (n && (out[n - 1] == '\n' || out[n - 1] == ' ')) {
        out[--n] = '\0';
    }
    for (p = out; *p; ++p) {
        if (*p == '\n') {
            *p = ' ';
        }
    }
    return out;
}

vo_err_t *voctl_pg_error(PGconn *conn, const PGresult *res, const char *what,
                         apr_pool_t *pool)
{
    const char *message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(res, PG_DIAG_MESSAGE_DETAIL);
    const char *context = PQresultErrorField(res, PG_DIAG_CONTEXT);
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    vo_err_t *err;

    if (!message) {
        message = one_line(pool, PQerrorMessage(conn));
    }
    err = vo_err_make(pool, VO_ERR_FAULT, "%s: %s%s%s", what, message,
                      detail ? ": " : "", detail ? detail : "");
    if (context && !strncmp(context, "COPY ", 5)) {
        err->text = apr_pstrcat(pool, err->text, " (",
                                one_line(pool, context), ")", NULL);
    }
    if (state && (!strcmp(state, "3F000") || !strcmp(state, "42P01"))
        && strstr(message, "vo.")) {
        vo_err_hint(pool, err, "Run `voctl init` first.");
    }
    return err;
}

vo_err_t *voctl_connect(voctl_t *ctl)
{
    PGresult *res;

    if (ctl->conn) {
        return NULL;
    }
    ctl->conn = PQconnectdb(ctl->dsn);
    apr_pool_cleanup_register(ctl->pool, ctl->conn, finish,
                              apr_pool_cleanup_null);
    if (PQstatus(ctl->conn) != CONNECTION_OK) {
        return vo_err_hint(ctl->pool,
            vo_err_make(ctl->pool, VO_ERR_FAULT,
                        "Cannot connect to the database: %s",
                        one_line(ctl->pool, PQerrorMessage(ctl->conn))),
            "Say where it is with --dsn or VO_DSN.");
    }
    PQsetNoticeReceiver(ctl->conn, drop_notice, NULL);
    /* A killed voctl must not leave a long sort running. */
    res = PQexec(ctl->conn,
                 "SELECT set_config('client_connection_check_interval',"
                 " '2s', false), set_config('client_encoding', 'UTF8', false),"
                 " set_config('search_path', 'pg_catalog, sky', false),"
                 " set_config('DateStyle', 'ISO', false),"
                 " set_config('extra_float_digits', '1', false)");
    if (PQresultStatus(res) != PGRES_TUPLES_OK) {
        vo_err_t *err = voctl_pg_error(ctl->conn, res, "Connection set-up",
                                       ctl->pool);
        PQclear(res);
        return err;
    }
    PQclear(res);
    return NULL;
}

vo_err_t *voctl_exec(voctl_t *ctl, const char *sql)
{
    PGresult *res = PQexec(ctl->conn, sql);
    ExecStatusType status = PQresultStatus(res);
    vo_err_t *err = NULL;

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK
        && status != PGRES_EMPTY_QUERY) {
        err = voctl_pg_error(ctl->conn, res, "The database refuses",
                             ctl->pool);
        err->detail = apr_pstrcat(ctl->pool, "in: ", sql, NULL);
    }
    PQclear(res);
    return err;
}

vo_err_t *voctl_query(PGresult **result, voctl_t *ctl, const char *sql, int n,
                      const char *const *params, apr_pool_t *pool)
{
    PGresult *res = PQexecParams(ctl->conn, sql, n, NULL, params, NULL, NULL,
                                 0);
    ExecStatusType status = PQresultStatus(res);

    if (res) {
        apr_pool_cleanup_register(pool, res, clear, apr_pool_cleanup_null);
    }
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        return voctl_pg_error(ctl->conn, res, "The database refuses",
                              ctl->pool);
    }
    if (result) {
        *result = res;
    }
    return NULL;
}

vo_err_t *voctl_begin(voctl_t *ctl)
{
    VO_TRY(voctl_connect(ctl));
    VO_TRY(voctl_exec(ctl, "BEGIN"));
    return voctl_exec(ctl, "SET LOCAL ROLE vo_owner");
}

vo_err_t *voctl_commit(voctl_t *ctl)
{
    return voctl_exec(ctl, ctl->is_dry_run ? "ROLLBACK" : "COMMIT");
}

vo_err_t *voctl_abort(voctl_t *ctl, vo_err_t *err)
{
    if (err && PQtransactionStatus(ctl->conn) != PQTRANS_IDLE) {
        PQclear(PQexec(ctl->conn, "ROLLBACK"));
    }
    return err;
}
