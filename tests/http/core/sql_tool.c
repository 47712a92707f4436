/* sql_tool.c: drives vo_sql_run on a connection of its own, for test_sql.py. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <apr_time.h>

#include "vo_sql.h"

/*
 * usage: sql_tool CONNINFO COMMAND...
 * Commands are run in order on one connection, each printing one line:
 *   role=R timeout=MS max=N prepare=NAME binary=0|1 small=0|1   settings
 *   gone=MS      the client leaves so many ms after the query began; -1 never
 *   stop=N       the row function refuses row N; -1 none
 *   kill         the backend is terminated by another connection
 *   admin:SQL    PQexec on a connection to $SQL_TOOL_ADMIN
 *   run:SQL      vo_sql_run
 *   raw:SQL      PQexec, as the next user of the connection would
 */
typedef struct tool_t {
    vo_sql_req_t req;
    int gone_ms, stop_row;
    apr_time_t start;
    int nbegin, nfields;
    apr_int64_t seen;
    char first[200];
    apr_pool_t *pool;
} tool_t;

static vo_err_t *on_begin(void *baton, int nfields, const unsigned *oids)
{
    tool_t *tool = baton;

    (void)oids;
    ++tool->nbegin;
    tool->nfields = nfields;
    return NULL;
}

static vo_err_t *on_row(void *baton, const vo_cell_t *cells, int nfields)
{
    tool_t *tool = baton;
    int i;

    if (tool->seen++ == tool->stop_row) {
        return vo_err_make(tool->pool, VO_ERR_GONE, "refused");
    }
    if (tool->seen == 1) {
        for (i = 0; i < nfields; ++i) {
            size_t used = strlen(tool->first);

            snprintf(tool->first + used, sizeof(tool->first) - used, "%s%.*s",
                     i ? "|" : "", cells[i].len < 0 ? 4 : cells[i].len,
                     cells[i].len < 0 ? "NULL" : cells[i].data);
        }
    }
    return NULL;
}

static int is_gone(void *baton)
{
    tool_t *tool = baton;

    return tool->gone_ms >= 0
           && apr_time_as_msec(apr_time_now() - tool->start) >= tool->gone_ms;
}

static void run(tool_t *tool, PGconn *conn, const char *sql)
{
    static const char *const kinds[] = {"usage", "notfound", "auth", "limit",
                                        "busy", "timeout", "gone", "fault"};
    vo_sql_done_t done;
    vo_err_t *err;
    FILE *trace = tmpfile();
    char line[512];
    int nsyncs = 0;

    if (trace) {
        PQtrace(conn, trace); /* what travels, a line per message */
    }
    tool->req.sql = sql;
    tool->req.begin = on_begin;
    tool->req.row = on_row;
    tool->req.is_gone = is_gone;
    tool->req.baton = tool;
    tool->start = apr_time_now();
    tool->nbegin = 0;
    tool->seen = 0;
    tool->first[0] = '\0';
    err = vo_sql_run(conn, &tool->req, &done, tool->pool);
    if (trace) {
        PQuntrace(conn);
        rewind(trace);
        while (fgets(line, sizeof(line), trace)) {
            nsyncs += strstr(line, "\tSync") != NULL;
        }
        fclose(trace);
    }
    printf("%s syncs=%d begin=%d rows=%d overflow=%d ms=%d pipeline=%d "
           "tx=%d first=%s text=%s\n",
           err ? kinds[err->kind] : "ok", nsyncs, tool->nbegin, (int)done.nrows,
           done.is_overflow,
           (int)apr_time_as_msec(apr_time_now() - tool->start),
           PQpipelineStatus(conn), PQtransactionStatus(conn), tool->first,
           err ? vo_err_public(err, tool->pool) : "");
}

static void raw(PGconn *conn, const char *sql)
{
    PGresult *res = PQexec(conn, sql);
    int i;

    printf("raw");
    for (i = 0; PQntuples(res) > 0 && i < PQnfields(res); ++i) {
        printf("%s%s", i ? "|" : " ", PQgetvalue(res, 0, i));
    }
    if (PQresultStatus(res) != PGRES_TUPLES_OK) {
        printf(" %s", PQerrorMessage(conn));
    }
    printf("\n");
    PQclear(res);
}

static void kill_backend(PGconn *conn, const char *conninfo, apr_pool_t *pool)
{
    PGconn *other = PQconnectdb(conninfo);

    PQclear(PQexec(other, apr_psprintf(pool, "SELECT pg_terminate_backend(%d)",
                                       PQbackendPID(conn))));
    PQfinish(other);
    apr_sleep(200000);
    printf("killed\n");
}

static void admin(const char *sql)
{
    PGconn *conn = PQconnectdb(getenv("SQL_TOOL_ADMIN"));

    raw(conn, sql);
    PQfinish(conn);
}

static void setting(tool_t *tool, const char *name, const char *value)
{
    if (!strcmp(name, "role")) {
        tool->req.role = *value ? value : NULL;
    }
    else if (!strcmp(name, "timeout")) {
        tool->req.timeout_ms = (int)apr_atoi64(value);
    }
    else if (!strcmp(name, "max")) {
        tool->req.max_rows = apr_atoi64(value);
    }
    else if (!strcmp(name, "prepare")) {
        tool->req.prepare_name = *value ? value : NULL;
    }
    else if (!strcmp(name, "binary")) {
        tool->req.is_binary = *value == '1';
    }
    else if (!strcmp(name, "small")) {
        tool->req.is_small = *value == '1';
    }
    else if (!strcmp(name, "gone")) {
        tool->gone_ms = (int)apr_atoi64(value);
    }
    else if (!strcmp(name, "stop")) {
        tool->stop_row = (int)apr_atoi64(value);
    }
    else {
        fprintf(stderr, "unknown setting %s\n", name);
        exit(2);
    }
}

int main(int argc, char **argv)
{
    tool_t tool = {0};
    PGconn *conn;
    int i;

    apr_initialize();
    apr_pool_create(&tool.pool, NULL);
    tool.req.max_rows = -1;
    tool.gone_ms = tool.stop_row = -1;
    conn = PQconnectdb(argc > 1 ? argv[1] : "");
    if (PQstatus(conn) != CONNECTION_OK) {
        fprintf(stderr, "%s", PQerrorMessage(conn));
        return 2;
    }
    for (i = 2; i < argc; ++i) {
        char *eq = strchr(argv[i], '=');

        if (!strncmp(argv[i], "run:", 4)) {
            run(&tool, conn, argv[i] + 4);
        }
        else if (!strncmp(argv[i], "raw:", 4)) {
            raw(conn, argv[i] + 4);
        }
        else if (!strncmp(argv[i], "admin:", 6)) {
            admin(argv[i] + 6);
        }
        else if (!strcmp(argv[i], "kill")) {
            kill_backend(conn, argv[1], tool.pool);
        }
        else if (eq) {
            setting(&tool, apr_pstrndup(tool.pool, argv[i],
                                        (apr_size_t)(eq - argv[i])), eq + 1);
        }
    }
    PQfinish(conn);
    apr_pool_destroy(tool.pool);
    apr_terminate();
    return 0;
}
