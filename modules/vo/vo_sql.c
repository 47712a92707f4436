/* vo_sql.c: one read-only query on one connection. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vo_sql.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libpq-events.h>

#include <apr_sha1.h>
#include <apr_strings.h>
#include <apr_time.h>

#include "vo_cancel.h"

#define POLL_MS 100       /* how often a waiting query asks for the client */
#define GRACE_MS 10000    /* answer to a cancel, or after statement_timeout */
#define AGAIN_MS 300      /* a cancel that shows no effect is repeated */
#define CANCEL_MS 2000    /* a server that does not take a cancel hangs */
#define RESET_MS 5000     /* a server that does not take a connection is down */
#define MAX_PREPARED 200  /* named statements per connection */

/* --- what is known of a connection --------------------------------------- */

/*
 * Prepared statements live as long as the connection, which the pool owns; so
 * what has been prepared is kept with the PGconn itself, by libpq's events, and
 * forgotten when it is reset. This is malloc'ed because no pool lives as long.
 */
typedef struct conn_state_t {
    int is_set_up;
    int nnames;
    char *names[MAX_PREPARED];
} conn_state_t;

static void forget(conn_state_t *st)
{
    while (st->nnames > 0) {
        free(st->names[--st->nnames]);
    }
    st->is_set_up = 0;
}

static int on_event(PGEventId id, void *info, void *unused)
{
    conn_state_t *st;

    (void)unused;
    switch (id) {
    case PGEVT_REGISTER:
        st = calloc(1, sizeof(*st));
        return st
               && PQsetInstanceData(((PGEventRegister *)info)->conn, on_event,
                                    st);
    case PGEVT_CONNRESET:
        forget(PQinstanceData(((PGEventConnReset *)info)->conn, on_event));
        return 1;
    case PGEVT_CONNDESTROY:
        st = PQinstanceData(((PGEventConnDestroy *)info)->conn, on_event);
        if (st) {
            forget(st);
            free(st);
        }
        return 1;
    default:
        return 1;
    }
}

static conn_state_t *conn_state(PGconn *conn)
{
    conn_state_t *st = PQinstanceData(conn, on_event);

    if (!st && PQregisterEventProc(conn, on_event, "vo_sql", NULL)) {
        st = PQinstanceData(conn, on_event);
    }
    return st;
}

static int is_prepared(const conn_state_t *st, const char *name)
{
    int i;

    for (i = 0; i < st->nnames; ++i) {
        if (!strcmp(st->names[i], name)) {
            return 1;
        }
    }
    return 0;
}

void vo_sql_reset(PGconn *conn, apr_interval_time_t most)
{
    apr_time_t until = apr_time_now()
                       + (most > 0 ? most : apr_time_from_msec(RESET_MS));
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;

    if (!PQresetStart(conn)) {
        return;
    }
    while (next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) {
        struct pollfd p = {PQsocket(conn), POLLIN, 0};
        apr_interval_time_t left = until - apr_time_now();

        if (next == PGRES_POLLING_WRITING) {
            p.events = POLLOUT;
        }
        if (left <= 0) {
            /* it may still come: the next one begins anew */
            shutdown(PQsocket(conn), SHUT_RDWR);
        }
        else if (!poll(&p, 1, (int)apr_time_as_msec(left) + 1)) {
            continue;
        }
        next = PQresetPoll(conn);
    }
}

/* --- one run ------------------------------------------------------------- */

typedef enum {
    STEP_SESSION, /* SET ...: once per connection */
    STEP_PREPARE, /* answers nothing but success */
    STEP_SYNC,    /* end of an implicit transaction */
    STEP_SETUP,   /* role and limits */
    STEP_QUERY
} step_e;

typedef struct run_t {
    PGconn *conn;
    conn_state_t *st;
    const vo_sql_req_t *req;
    vo_sql_done_t *done;
    apr_pool_t *pool;
    const char *setup_name;
    const char *query_name;    /* NULL: unnamed */
    step_e steps[8];           /* what was sent, in order */
    int nsteps;
    vo_cell_t *cells;
    int nfields;
    int has_begun;             /* begin() was called */
    int is_cancelled;          /* by us */
    apr_time_t cancelled;      /* when last */
    apr_time_t start;
    apr_time_t deadline;       /* past it the server is taken for dead */
} run_t;

/* What every connection of the pool must be like for the cells to read the
 * same everywhere. */
static const char session_sql[] =
    "SELECT set_config('client_encoding', 'UTF8', false),"
    " set_config('datestyle', 'ISO, YMD', false),"
    " set_config('timezone', 'UTC', false),"
    " set_config('extra_float_digits', '1', false),"
    " set_config('bytea_output', 'hex', false)";

/* Local to the transaction, so nothing of it is left for the next request. */
static const char setup_sql[] =
    "SELECT set_config('role', $1, true),"
    " set_config('statement_timeout', $2, true),"
    " set_config('jit', CASE WHEN $3 THEN 'off'"
    " ELSE current_setting('jit') END, true),"
    " set_config('vo.base_url', $4, true),"
    " set_config('transaction_read_only', 'on', true)";

static vo_err_t *lost(run_t *run)
{
    vo_err_t *err = vo_err_make(run->pool, VO_ERR_BUSY,
                                "The database is not available; try again "
                                "later.");

    err->detail = apr_psprintf(run->pool, "connection lost: %s",
                               PQerrorMessage(run->conn));
    return err;
}

/* A server-side name that two copies of this code in one process (each module
 * has libvo inside) do not share, since each knows only what it prepared. */
static const char *own_name(run_t *run, const char *name)
{
    return apr_psprintf(run->pool, "%s_%lx", name,
                        (unsigned long)(apr_uintptr_t)on_event);
}

static int send_session(run_t *run)
{
    static const Oid setup_oids[4] = {25, 25, 16, 25};

    run->nsteps = 0;
    if (run->st->is_set_up) {
        return 1;
    }
    run->steps[run->nsteps++] = STEP_SESSION;
    run->steps[run->nsteps++] = STEP_PREPARE;
    run->steps[run->nsteps++] = STEP_SYNC;
    return PQsendQueryParams(run->conn, session_sql, 0, NULL, NULL, NULL, NULL,
                             0)
           && PQsendPrepare(run->conn, run->setup_name, setup_sql, 4,
                            setup_oids)
           && PQpipelineSync(run->conn);
}

static int send_steps(run_t *run)
{
    const vo_sql_req_t *req = run->req;
    PGconn *conn = run->conn;
    const char *args[4];

    if (!send_session(run)) {
        return 0;
    }
    args[0] = req->role ? req->role : "none";
    args[1] = apr_itoa(run->pool, req->timeout_ms);
    args[2] = req->is_small ? "t" : "f";
    args[3] = req->base_url ? req->base_url : "";
    if (!PQsendQueryPrepared(conn, run->setup_name, 4, args, NULL, NULL, 0)) {
        return 0;
    }
    run->steps[run->nsteps++] = STEP_SETUP;
    /* Names are looked up now, which only the role may do. */
    if (run->query_name && !is_prepared(run->st, run->query_name)) {
        if (!PQsendPrepare(conn, run->query_name, req->sql, req->nparams,
                           req->param_oids)) {
            return 0;
        }
        run->steps[run->nsteps++] = STEP_PREPARE;
    }
    if (run->query_name
            ? !PQsendQueryPrepared(conn, run->query_name, req->nparams,
                                   req->params, NULL, NULL, req->is_binary)
            : !PQsendQueryParams(conn, req->sql, req->nparams, req->param_oids,
                                 req->params, NULL, NULL, req->is_binary)) {
        return 0;
    }
    run->steps[run->nsteps++] = STEP_QUERY;
    run->steps[run->nsteps++] = STEP_SYNC;
    return PQpipelineSync(conn);
}

/* A server that does not even take it is given up with the connection. */
static void send_cancel(run_t *run)
{
    if (!vo_cancel(run->conn, apr_time_from_msec(CANCEL_MS))) {
        run->deadline = run->start;
    }
    run->cancelled = apr_time_now();
}

static void cancel(run_t *run)
{
    if (!run->is_cancelled) {
        run->is_cancelled = 1;
        run->deadline = apr_time_now() + apr_time_from_msec(GRACE_MS);
        send_cancel(run);
    }
}

/* Has the server been silent for so long that it is taken for dead? */
static int is_late(const run_t *run)
{
    return run->deadline && apr_time_now() > run->deadline;
}

/* Wait until PQgetResult would not block. Returns VO_ERR_GONE when the client
 * left (the query is then cancelled, results are still to be read), or an error
 * when the server does not answer any more. */
static vo_err_t *wait_result(run_t *run)
{
    while (PQisBusy(run->conn)) {
        struct pollfd p = {PQsocket(run->conn), POLLIN, 0};
        int n = poll(&p, 1, POLL_MS);

        if (n > 0 || (n < 0 && errno != EINTR)) {
            if (n < 0 || !PQconsumeInput(run->conn)) {
                return lost(run);
            }
            continue;
        }
        if (!run->is_cancelled && run->req->is_gone
            && run->req->is_gone(run->req->baton)) {
            cancel(run);
            return vo_err_make(run->pool, VO_ERR_GONE, "The client has left.");
        }
        if (is_late(run)) {
            return lost(run);
        }
        if (run->is_cancelled
            && apr_time_now() - run->cancelled > apr_time_from_msec(AGAIN_MS)) {
            /* the server ignores one that comes between two messages */
            send_cancel(run);
        }
    }
    return NULL;
}

/* Read everything that is still to come, so that the connection is idle. */
static void drain(run_t *run, int step)
{
    while (step < run->nsteps) {
        PGresult *res;

        if (wait_result(run)) {
            if (PQstatus(run->conn) == CONNECTION_BAD || is_late(run)) {
                break;
            }
            continue; /* the client left: the query is cancelled by now */
        }
        res = PQgetResult(run->conn);
        if (!res) {
            if (PQstatus(run->conn) == CONNECTION_BAD) {
                break;
            }
            ++step; /* each step but a sync ends with NULL */
        }
        else if (PQresultStatus(res) == PGRES_PIPELINE_SYNC) {
            ++step;
        }
        PQclear(res);
    }
    if (step < run->nsteps || !PQexitPipelineMode(run->conn)) {
        /* the answer has waited long enough: who comes next may try again */
        vo_sql_reset(run->conn, apr_time_from_sec(1));
    }
}

/* --- PostgreSQL's errors ------------------------------------------------- */

/* The tenth of a second in MS, ".3"; nothing when it is whole. */
static const char *tenths(int ms)
{
    static const char *const text[] = {"",   ".1", ".2", ".3", ".4",
                                       ".5", ".6", ".7", ".8", ".9"};

    return text[ms / 100 % 10];
}

/* What to do about a value that a function or operator refuses, or NULL. */
static const char *advice(const char *state)
{
    static const struct {
        const char *state, *text;
    } all[] = {
        {"22003", "CAST an operand to a wider type, BIGINT or DOUBLE "
                  "PRECISION."},
        {"22012", "Leave such rows out in WHERE, or test for them with CASE "
                  "WHEN."},
        {"2201E", "Leave such rows out in WHERE, or test for them with CASE "
                  "WHEN."},
        {"2201F", "Leave such rows out in WHERE, or test for them with CASE "
                  "WHEN."}
    };
    size_t i;

    for (i = 0; i < sizeof(all) / sizeof(*all); ++i) {
        if (!strcmp(state, all[i].state)) {
            return all[i].text;
        }
    }
    return NULL;
}

static vo_err_t *sql_error(run_t *run, const PGresult *res)
{
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    apr_int64_t ms = apr_time_as_msec(apr_time_now() - run->start);
    vo_err_t *err;

    if (PQstatus(run->conn) == CONNECTION_BAD || !state || !text) {
        return lost(run);
    }
    if (run->is_cancelled) {
        return vo_err_make(run->pool, VO_ERR_GONE, "The client has left.");
    }
    if (!strcmp(state, "57014") && run->req->timeout_ms > 0
        && ms + 1 >= run->req->timeout_ms) {
        err = vo_err_make(run->pool, VO_ERR_TIMEOUT,
                          "The query took longer than %d%s s and was stopped.",
                          run->req->timeout_ms / 1000,
                          tenths(run->req->timeout_ms));
        err->hint = "Ask for a smaller region or fewer rows.";
    }
    else if (!strncmp(state, "22", 2) || !strcmp(state, "21000")) {
        err = vo_err_make(run->pool, VO_ERR_USAGE, "The query failed: %s.",
                          text);
        err->hint = advice(state);
    }
    else if (!strncmp(state, "54", 2)) {
        err = vo_err_make(run->pool, VO_ERR_LIMIT,
                          "The query is too complex: %s.", text);
    }
    else if (!strncmp(state, "53", 2) || !strncmp(state, "57", 2)
             || !strncmp(state, "40", 2) || !strncmp(state, "08", 2)) {
        err = vo_err_make(run->pool, VO_ERR_BUSY,
                          "The database cannot answer now; try again later.");
    }
    else {
        err = vo_err_make(run->pool, VO_ERR_FAULT,
                          "The database refused the query; this is a fault of "
                          "the service.");
    }
    err->detail = apr_psprintf(run->pool, "SQLSTATE %s: %s; SQL: %s", state,
                               text, run->req->sql);
    return err;
}

/* Would a new connection not say this? The server closed this one, or the
 * statement was prepared before its table was replaced, or was forgotten by a
 * pooler between us and the server. */
static int is_stale(const run_t *run, const PGresult *res)
{
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);

    if (PQstatus(run->conn) == CONNECTION_BAD) {
        return 1;
    }
    return state
           && (!strncmp(state, "57P0", 4) || !strcmp(state, "26000")
               || (run->query_name && !strcmp(state, "0A000")));
}

/* --- results ------------------------------------------------------------- */

static vo_err_t *begin_rows(run_t *run, const PGresult *res)
{
    unsigned *oids;
    int i;

    run->has_begun = 1;
    run->nfields = PQnfields(res);
    run->cells = apr_palloc(run->pool,
                            sizeof(*run->cells) * (size_t)(run->nfields + 1));
    oids = apr_palloc(run->pool, sizeof(*oids) * (size_t)(run->nfields + 1));
    for (i = 0; i < run->nfields; ++i) {
        oids[i] = PQftype(res, i);
    }
    return run->req->begin
               ? run->req->begin(run->req->baton, run->nfields, oids)
               : NULL;
}

static vo_err_t *one_row(run_t *run, const PGresult *res)
{
    int i;

    for (i = 0; i < run->nfields; ++i) {
        run->cells[i].data = PQgetvalue(res, 0, i);
        run->cells[i].len = PQgetlength(res, 0, i);
        if (!run->cells[i].len && PQgetisnull(res, 0, i)) {
            run->cells[i].len = -1;
        }
    }
    ++run->done->nrows;
    return run->req->row ? run->req->row(run->req->baton, run->cells,
                                         run->nfields)
                         : NULL;
}

/* Deal with one good result of the query. *STOP: no more rows are wanted. */
static vo_err_t *on_rows(run_t *run, const PGresult *res, int *stop)
{
    if (!run->has_begun) {
        VO_TRY(begin_rows(run, res));
    }
    if (PQresultStatus(res) == PGRES_TUPLES_OK) {
        return NULL;
    }
    if (run->req->max_rows >= 0 && run->done->nrows >= run->req->max_rows) {
        /* SQL with a fitting LIMIT is at its end here: only when still more
         * comes is it worth stopping the server */
        *stop = run->done->is_overflow;
        run->done->is_overflow = 1;
        return NULL;
    }
    return one_row(run, res);
}

/* What a result says of step STEP, if it is not a sync. *RETRY is set when a
 * fresh connection may help. */
static vo_err_t *on_result(run_t *run, const PGresult *res, step_e step,
                           int *retry)
{
    ExecStatusType status = PQresultStatus(res);
    int has_rows = status == PGRES_SINGLE_TUPLE || status == PGRES_TUPLES_OK;
    vo_err_t *err;

    if (step == STEP_QUERY && has_rows) {
        int stop = 0;

        err = on_rows(run, res, &stop);
        if (stop || (err && status == PGRES_SINGLE_TUPLE)) {
            cancel(run);
        }
        return err;
    }
    if (status != PGRES_COMMAND_OK && !has_rows) {
        err = sql_error(run, res);
        *retry = !run->has_begun && is_stale(run, res);
        return err;
    }
    if (step == STEP_PREPARE) {
        if (!run->st->is_set_up) {
            run->st->is_set_up = 1;
        }
        else {
            run->st->names[run->st->nnames] = strdup(run->query_name);
            run->st->nnames += run->st->names[run->st->nnames] != NULL;
        }
    }
    return NULL;
}

/* Read until the last sync or an error; *STEP is where it ended. */
static vo_err_t *read_steps(run_t *run, int *step, int *retry)
{
    vo_err_t *err = NULL;

    while (*step < run->nsteps && !err && !run->is_cancelled) {
        PGresult *res;

        if (run->steps[*step] == STEP_QUERY && !run->has_begun) {
            PQsetSingleRowMode(run->conn);
        }
        err = wait_result(run);
        if (err) {
            *retry = err->kind == VO_ERR_BUSY && !run->has_begun
                     && !is_late(run);
            return err;
        }
        res = PQgetResult(run->conn);
        if (!res && PQstatus(run->conn) == CONNECTION_BAD) {
            *retry = !run->has_begun;
            return lost(run);
        }
        if (!res || PQresultStatus(res) == PGRES_PIPELINE_SYNC) {
            ++*step; /* every step ends with NULL, a sync with itself */
        }
        else {
            err = on_result(run, res, run->steps[*step], retry);
        }
        PQclear(res);
    }
    return err;
}

/* Send by SEND and read. *RETRY is set when nothing was delivered yet and the
 * connection has been opened anew. */
static vo_err_t *exchange(run_t *run, int (*send)(run_t *run), int *retry)
{
    vo_err_t *err;
    int step = 0;

    if (!PQenterPipelineMode(run->conn) || !send(run)) {
        *retry = 1;
        err = lost(run);
    }
    else {
        err = read_steps(run, &step, retry);
    }
    if (*retry) {
        vo_sql_reset(run->conn, 0);
        *retry = PQstatus(run->conn) == CONNECTION_OK;
        return err;
    }
    if (err && !is_late(run)) {
        run->deadline = apr_time_now() + apr_time_from_msec(GRACE_MS);
    }
    drain(run, step);
    return err;
}

/* --- with something to be set up ----------------------------------------- */

/* End what is open, so that nothing is left of it. */
static void roll_back(run_t *run)
{
    if (PQtransactionStatus(run->conn) != PQTRANS_IDLE) {
        PQclear(PQexec(run->conn, "ROLLBACK"));
    }
    if (PQtransactionStatus(run->conn) != PQTRANS_IDLE) {
        vo_sql_reset(run->conn, 0);
    }
}

/* Begin a transaction and let the caller make in it what the query needs. The
 * session is set up before: what a transaction sets goes with it. */
static vo_err_t *open_transaction(run_t *run, int *retry)
{
    const vo_sql_req_t *req = run->req;
    const char *sql = apr_psprintf(run->pool,
                                   "BEGIN; SET LOCAL statement_timeout = %d",
                                   req->timeout_ms);
    PGresult *res;
    vo_err_t *err = NULL;

    VO_TRY(exchange(run, send_session, retry));
    res = PQexec(run->conn, sql);
    if (PQresultStatus(res) != PGRES_COMMAND_OK) {
        err = lost(run);
    }
    PQclear(res);
    if (!err) {
        err = req->setup(req->setup_baton, run->conn);
    }
    if (err && PQstatus(run->conn) == CONNECTION_BAD) {
        vo_sql_reset(run->conn, 0);
        *retry = PQstatus(run->conn) == CONNECTION_OK;
    }
    return err;
}

/* How long after its statement_timeout a server that says nothing is taken for
 * hung: who waits but seconds for the answer does not wait longer for that. */
static apr_int64_t grace_ms(const vo_sql_req_t *req)
{
    return req->timeout_ms > GRACE_MS ? GRACE_MS
           : req->timeout_ms < 1000   ? 1000
                                      : req->timeout_ms;
}

static vo_err_t *attempt(run_t *run, int *retry)
{
    vo_err_t *err = NULL;

    *retry = 0;
    run->is_cancelled = 0;
    run->deadline = 0;
    if (run->req->setup) {
        err = open_transaction(run, retry);
    }
    if (!err) {
        if (run->req->timeout_ms > 0) {
            run->start = apr_time_now();
            run->deadline = run->start
                            + apr_time_from_msec(run->req->timeout_ms
                                                 + grace_ms(run->req));
        }
        err = exchange(run, send_steps, retry);
    }
    if (run->req->setup) {
        roll_back(run);
    }
    return err;
}

vo_err_t *vo_sql_run(PGconn *conn, const vo_sql_req_t *req,
                     vo_sql_done_t *done, apr_pool_t *pool)
{
    run_t run = {0};
    vo_err_t *err;
    int retry;

    done->nrows = 0;
    done->is_overflow = 0;
    run.conn = conn;
    run.req = req;
    run.done = done;
    run.pool = pool;
    run.start = apr_time_now();
    run.st = conn_state(conn);
    if (!run.st) {
        return vo_err_fault(pool, APR_ENOMEM, "Out of memory.",
                            "PQregisterEventProc");
    }
    run.setup_name = own_name(&run, "vo_setup");
    if (req->prepare_name) {
        run.query_name = own_name(&run, req->prepare_name);
        if (run.st->nnames == MAX_PREPARED
            && !is_prepared(run.st, run.query_name)) {
            run.query_name = NULL;
        }
    }
    if (PQstatus(conn) != CONNECTION_OK) {
        vo_sql_reset(conn, 0);
        if (PQstatus(conn) != CONNECTION_OK) {
            return lost(&run);
        }
    }
    err = attempt(&run, &retry);
    if (err && retry) {
        err = attempt(&run, &retry);
    }
    return err;
}

const char *vo_sql_array(const apr_array_header_t *texts, apr_pool_t *pool)
{
    apr_size_t room = 3;
    char *out, *p;
    int i;

    for (i = 0; i < texts->nelts; ++i) {
        room += 2 * strlen(APR_ARRAY_IDX(texts, i, const char *)) + 3;
    }
    out = p = apr_palloc(pool, room);
    *p++ = '{';
    for (i = 0; i < texts->nelts; ++i) {
        const char *c = APR_ARRAY_IDX(texts, i, const char *);

        if (i) {
            *p++ = ',';
        }
        *p++ = '"';
        for (; *c; ++c) {
            if (*c == '"' || *c == '\\') {
                *p++ = '\\';
            }
            *p++ = *c;
        }
        *p++ = '"';
    }
    *p++ = '}';
    *p = '\0';
    return out;
}

const char *vo_sql_ident(const char *name, apr_pool_t *pool)
{
    char *quoted = apr_palloc(pool, 2 * strlen(name) + 3);
    char *p = quoted;

    *p++ = '"';
    for (; *name; ++name) {
        if (*name == '"') {
            *p++ = '"';
        }
        *p++ = *name;
    }
    *p++ = '"';
    *p = '\0';
    return quoted;
}

const char *vo_sql_name(const char *prefix, const char *sql, apr_pool_t *pool)
{
    unsigned char digest[APR_SHA1_DIGESTSIZE];
    char hex[2 * APR_SHA1_DIGESTSIZE + 1];
    apr_sha1_ctx_t ctx;
    int i;

    apr_sha1_init(&ctx);
    apr_sha1_update(&ctx, sql, (unsigned)strlen(sql));
    apr_sha1_final(digest, &ctx);
    for (i = 0; i < APR_SHA1_DIGESTSIZE; ++i) {
        apr_snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
    return apr_pstrcat(pool, prefix, hex, NULL);
}
