/* vo_sql.h: one read-only query on one connection, streamed, cancellable. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VO_SQL_H
#define VO_SQL_H

#include <libpq-fe.h>

#include <apr_time.h>

#include "meta/vo_meta.h"
#include "table/vo_table.h"
#include "vo_err.h"

/*
 * Role, limits and query travel in one libpq pipeline and form one implicit
 * read-only transaction; rows come back in single-row mode and go straight to
 * the caller. A connection found dead before the first row is reset and the
 * query sent once more (it only reads, and what SETUP did is gone).
 */
typedef struct vo_sql_req_t {
    const char *role;          /* reader role of the release, or NULL */
    const char *base_url;      /* of VORoot, for vo.base_url; NULL: "" */
    int timeout_ms;            /* statement_timeout, 0 = none */
    int is_binary;             /* result format */
    int is_small;              /* JIT off */
    const char *sql;
    int nparams;
    const char *const *params; /* text form */
    const unsigned *param_oids;
    const char *prepare_name;  /* NULL, or prepare once per connection */
    apr_int64_t max_rows;      /* stop after so many rows, -1 = all */
    /* What the query needs and its role may not do, or NULL: called with SETUP
     * on CONN in an open read-write transaction, as the login, before role and
     * read-only mode are set; the query is then part of that transaction, which
     * is rolled back at the end whatever happened. Called again on a new
     * connection when the old one was found dead before the first row. */
    vo_err_t *(*setup)(void *baton, PGconn *conn);
    void *setup_baton;
    /* Called before the first row (also when there is none). OIDS are the
     * types PostgreSQL sends. */
    vo_err_t *(*begin)(void *baton, int nfields, const unsigned *oids);
    vo_err_t *(*row)(void *baton, const vo_cell_t *cells, int nfields);
    /* Is the client still there? Polled at least every 200 ms while waiting;
     * non-zero cancels the query. NULL = never. */
    int (*is_gone)(void *baton);
    void *baton;
} vo_sql_req_t;

typedef struct vo_sql_done_t {
    apr_int64_t nrows;   /* rows handed to row() */
    int is_overflow;     /* there was at least one row beyond max_rows */
} vo_sql_done_t;

/* Run REQ on CONN; the connection is idle and outside a transaction again on
 * return, whatever happened (or its status is CONNECTION_BAD). PostgreSQL's
 * own messages become public text only when they are about the user's query
 * (division by zero, numeric overflow...). */
vo_err_t *vo_sql_run(PGconn *conn, const vo_sql_req_t *req,
                     vo_sql_done_t *done, apr_pool_t *pool);

/* PQreset that takes MOST, or some seconds with 0, at the longest; then the
 * status of CONN is CONNECTION_BAD. */
void vo_sql_reset(PGconn *conn, apr_interval_time_t most);

/* TEXTS (const char *) as the text of a PostgreSQL array, in POOL: one
 * parameter for all of them. */
const char *vo_sql_array(const apr_array_header_t *texts, apr_pool_t *pool);

/* Quote NAME as an SQL identifier, in POOL. The one such function. */
const char *vo_sql_ident(const char *name, apr_pool_t *pool);

/* A prepare_name that begins with PREFIX and stands for the very text SQL, in
 * POOL. */
const char *vo_sql_name(const char *prefix, const char *sql,
                        apr_pool_t *pool);

#endif
