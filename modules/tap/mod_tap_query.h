/* mod_tap_query.h: a query from its parameters to a document, sync or async. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MOD_TAP_QUERY_H
#define MOD_TAP_QUERY_H

#include "adql/vo_adql.h"
#include "dali/vo_tap_explain.h"
#include "mod_tap_int.h"
#include "table/vo_tabledoc.h"
#include "vo_upload.h"

#define TAP_MAX_INFOS (VO_ORIGIN_INFOS + VO_TAP_EXPLAIN_INFOS)

/* One query on its way. The first fields are said by who asks. */
typedef struct tap_query_t tap_query_t;
struct tap_query_t {
    apr_pool_t *pool;
    const vo_release_t *rel;
    tap_conf_t conf;
    const vo_dali_params_t *params;
    const char *url;         /* of the service */
    const char *base_url;    /* of all services */
    apr_time_t now;          /* when it was asked */
    int timeout_ms;          /* 0 = none */
    /* Begin the document of type q->media_type. */
    vo_out_t *(*open)(tap_query_t *q);
    /* vo_sql_run, where it is to be run. */
    vo_err_t *(*exec)(tap_query_t *q, const vo_sql_req_t *req,
                      vo_sql_done_t *done);
    /* The file *PATH with the result of job ID of this service, for who
     * asks. */
    vo_err_t *(*result_of)(tap_query_t *q, const char **path, const char *id);
    void *baton;             /* of all three */
    /* said by tap_query_format and tap_query_prepare */
    const vo_tablefmt_t *fmt;
    const char *media_type;
    const char *query;
    const char *run_id;      /* RUNID or NULL */
    int version;             /* of ADQL: 20, 21 */
    int is_explain;          /* tell what it would do, do not run it */
    apr_int64_t maxrec;      /* rows to be sent at most */
    int nuploads;
    vo_upload_t **uploads;
    const vo_table_t **upload_tables; /* of them */
    vo_adql_result_t *sql;
    vo_tabledoc_t doc;
    vo_info_t infos[TAP_MAX_INFOS];
    /* said while it runs */
    vo_out_t *out;           /* NULL before the answer has begun */
    vo_writer_t *writer;     /* NULL before its begin() succeeded */
};

/* Find the format, so that later errors can be told in it. */
vo_err_t *tap_query_format(tap_query_t *q);

/* Read the other parameters and translate the query. */
vo_err_t *tap_query_prepare(tap_query_t *q);

/* For exec of a query whose baton is its request: on a pooled connection. */
vo_err_t *tap_exec_pooled(tap_query_t *q, const vo_sql_req_t *req,
                          vo_sql_done_t *done);

/* For result_of, likewise. */
vo_err_t *tap_result_of_request(tap_query_t *q, const char **path,
                                const char *id);

/* Ask the planner what it thinks of it. */
vo_err_t *tap_query_plan(tap_query_t *q, vo_tap_plan_t **plan);

/* Run it, or explain it, and write the document. */
vo_err_t *tap_query_run(tap_query_t *q);

/* mod_tap_upload.c: open the tables that UPLOAD names. */
vo_err_t *tap_upload_open(tap_query_t *q);

/* Store them: setup of vo_sql_req_t, BATON being the query. */
vo_err_t *tap_upload_setup(void *baton, PGconn *conn);

#endif
